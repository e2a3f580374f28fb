"""What a user sees who brings a table that cannot be used: one message, no traceback.

What else can be wrong with a table is tested beside the stage `districts`.
"""

import numpy as np
import pandas as pd
import pytest
import yaml

from incomelens.districts.columns import VARIABLES

pytestmark = pytest.mark.workflow


@pytest.fixture
def bring(fresh):
    """Write a user's table and its study, and run the study up to the districts."""

    def run(table: pd.DataFrame | None):
        columns = {name: name for name in ("geoid", "per_capita_income", *VARIABLES)}
        columns |= {"longitude": "x", "latitude": "y", "area": "part"}
        level = {"adapter": "table", "table": "city.csv", "columns": columns}
        study = {
            "study": "mine",
            "districts": {"levels": ["town"], "incomes": ["per_capita_income"], "town": level},
            "folds": {"schemes": ["random", "block"]},
            "shapley": {"background": {"size": 30}},
        }
        (fresh.folder / "config/mine.yaml").write_text(yaml.safe_dump(study))
        (fresh.folder / "data").mkdir()
        if table is not None:
            table.to_csv(fresh.folder / "data/city.csv", index=False)
        target = "results/mine/districts/town.parquet"
        done = fresh.snakemake(target, "--cores", "1", study="mine", expect=None)
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture
def city():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.random((30, len(VARIABLES))) / 10, columns=list(VARIABLES))
    return table.assign(
        geoid=[f"{number:03d}" for number in range(30)],
        per_capita_income=rng.uniform(1e4, 5e4, 30),
        x=rng.uniform(5.0, 5.1, 30),
        y=rng.uniform(45.0, 45.1, 30),
        part="one",
    )


def test_a_good_table_becomes_districts(bring, city):
    assert bring(city).returncode == 0


def test_a_district_that_stands_twice_is_named(bring, city):
    done = bring(pd.concat([city, city[city["geoid"] == "007"]]))
    assert done.returncode == 1
    assert "007" in done.stderr
    assert "city.csv" in done.stderr


def test_settings_that_a_town_is_too_small_for_are_told_with_its_districts(bring, city):
    done = bring(city.head(26))
    assert done.returncode == 1
    assert "shapley.background.size is 30, and there are 26 distinct districts" in done.stderr


def test_a_table_that_is_not_there_is_named_with_where_to_put_it(bring):
    done = bring(None)
    assert done.returncode == 1
    assert "1 to mend before the study can run" in done.stderr
    assert "data/city.csv: there is no such file; put your table there" in done.stderr


def test_a_table_that_is_gone_is_told_also_where_it_was_found_before(bring, city, fresh):
    bring(city)
    (fresh.folder / "data/city.csv").unlink()
    (fresh.folder / "results/mine/districts/town.parquet").unlink()
    done = fresh.snakemake(
        "results/mine/districts/town.parquet", "--cores", "1", study="mine", expect=1
    )
    assert "data/city.csv: there is no such file; put your table there" in done.stderr
    assert "MissingInputException" not in done.stderr


def test_a_county_code_without_quotes_is_told_before_anything_runs(fresh):
    areas = "districts: {tract: {areas: {06037: Los Angeles}}}"
    (fresh.folder / "config/mine.yaml").write_text(f"study: mine\n{areas}\n")
    done = fresh.snakemake("districts", "--dry-run", study="mine", expect=1)
    told = done.stdout + done.stderr
    assert "districts.tract.areas has the key 3103 (a number)" in told
    assert 'write the code in quotes: "3103", "06037"' in told
