"""A country: the tables and figures of the study `usa` on three invented states.

Tables as the Census API gives them, one of each state and kind, in a folder that is the mirror.
"""

import geopandas as gpd
import pandas as pd
import pytest
import yaml
from shapely.affinity import scale

from incomelens.demo.districts.city import simulate_city
from incomelens.demo.districts.mirror import INCOME_TABLES
from incomelens.demo.formats import census

pytestmark = [pytest.mark.workflow, pytest.mark.whole_run]

TABLES, BOUNDARIES = "acs5_2019_us_tract", "cb_2019_us_tract"
# Where a state lies, degrees, and how much wider than a city it is.
STATES = {"02": (-153.0, 64.0, 25.0), "36": (-75.0, 43.0, 12.0), "48": (-99.0, 31.0, 20.0)}
N_TRACTS = 45
TASK = "us_tract_median_household_income"
NAMED = "20 inducing points, learnt on 40 districts"
SMALL = {
    "districts": {"incomes": ["median_household_income"], "resamples": 100},
    "folds": {"n_folds": 2, "n_blocks": 9, "schemes": ["random", "area"]},
    "ssig": {
        "references": ["ridge", "copy_neighbours"],
        "fold_seeds": {"n_blocks": [6]},
        "approximation": {"exact_districts": 60, "inducing_points": 20, "learnt_on": 40},
        "resamples": 100,
    },
    "shapley": {"background": {"size": 12}, "resamples": 100},
}


def state_of(code: str, seed: int) -> gpd.GeoDataFrame:
    """A city's tracts and people under another code, stretched and put elsewhere on the Earth."""
    tracts = simulate_city(n_tracts=N_TRACTS, n_zctas=12, seed=seed).tracts
    longitude, latitude, wider = STATES[code]
    degrees = tracts.assign(land_m2=tracts.area.round()).to_crs(census.GEOGRAPHIC)
    west, south, east, north = degrees.total_bounds
    moved = degrees.translate(longitude - (west + east) / 2, latitude - (south + north) / 2)
    degrees["geometry"] = [scale(one, wider, wider, origin=(longitude, latitude)) for one in moved]
    return degrees.set_index(code + degrees.index.str[2:])


def answers_of(code: str, tracts: gpd.GeoDataFrame) -> dict[str, bytes]:
    """What the Census API answers for one state, by file of the registry."""
    counties = dict.fromkeys(tracts.index.str[:5], "Own")
    geography = census.tract_geography(tracts.index, counties)
    counts = census.table_cells(tracts).items()
    answers = {table: census.counts_json(table, cells, geography) for table, cells in counts}
    for table, income in INCOME_TABLES.items():
        margin = tracts[f"{income}_moe"]
        answers[table] = census.income_json(table, tracts[income], margin, geography)
    return {f"{TABLES}/{table}-{code}.json": answer for table, answer in answers.items()}


def write_country(folder) -> None:
    """The mirror: tables of every state, and the outlines of all in one file."""
    states = {code: state_of(code, seed) for seed, code in enumerate(STATES)}
    outlines = pd.concat([census.tract_boundaries(tracts) for tracts in states.values()])
    archive = census.shapefile_zip(outlines, "cb_2019_us_tract_500k")
    files = {f"{BOUNDARIES}/cb_2019_us_tract_500k.zip": archive}
    for code, tracts in states.items():
        files |= answers_of(code, tracts)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def merged(settings: dict, own: dict) -> dict:
    """Settings with those that differ, as Snakemake merges configurations."""
    both = {
        key: merged(settings[key], value) if isinstance(settings.get(key), dict) else value
        for key, value in own.items()
    }
    return settings | both


def run_country(checkout) -> None:
    """The study `usa` of fewer states and as little of everything as shows that it runs."""
    config = checkout.folder / "config"
    study = yaml.safe_load((config / "usa.yaml").read_text())
    sources = yaml.safe_load((config / "sources_usa.yaml").read_text())
    areas = study["districts"]["us_tract"]["areas"]
    study["districts"]["us_tract"]["areas"] = {code: areas[code] for code in STATES}
    sources[TABLES]["each"]["state"] = list(STATES)
    del sources[TABLES]["secret"]  # the mirror asks for no key
    own = {"study": "country", "mirror": "mirror"}
    own["sources"] = ["config/sources.yaml", "config/sources_country.yaml"]
    (config / "country.yaml").write_text(yaml.safe_dump(merged(study | own, SMALL)))
    (config / "sources_country.yaml").write_text(yaml.safe_dump(sources))
    write_country(checkout.folder / "mirror")
    checkout.snakemake("ssig_paper", "--cores", "2", study="country")


@pytest.fixture(scope="module")
def country(once):
    """Results of the finished study."""
    return once("country", run_country).folder / "results/country"


def test_every_state_is_read_and_held_out_as_a_whole(country):
    districts = gpd.read_parquet(country / "districts/us_tract.parquet").set_index("geoid")
    assert set(districts["area"]) == {"Alaska", "New York", "Texas"}
    folds = pd.read_parquet(country / "folds/us_tract-area.parquet")
    held_out = folds.assign(area=folds["geoid"].map(districts["area"]))
    assert len(held_out[["area", "fold"]].drop_duplicates()) == len(STATES)


def test_incomes_are_predicted_by_few_points(country):
    scores = pd.read_csv(country / "ssig/scores.csv")
    ours = scores[scores["model"] == "ssig"]
    assert set(ours["process"]) == {NAMED}
    assert ours.loc[ours["scheme"] == "random", "r2"].mean() > 0.4  # incomes follow from variables


SHOWN = {
    *("table3", "table4", "models", "intervals", "decisions", "fold_seeds", "validation"),
    *("effects", "claims", "fig2", f"dependence_{TASK}", f"predicted_{TASK}"),
}


def test_every_exhibit_names_the_process_behind_it_and_no_other_does(country):
    told = {path.stem: path.read_text() for path in (country / "paper/ssig").glob("*.json")}
    assert {name for name, text in told.items() if NAMED in text} == SHOWN
    assert {f"income_{TASK}", "fig1", "density", "table1", "table2"} <= told.keys() - SHOWN


@pytest.mark.parametrize("name", [f"income_{TASK}", f"predicted_{TASK}", "fig2"])
def test_maps_are_drawn(country, name):
    figure = country / f"paper/ssig/{name}"
    assert figure.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    assert figure.with_suffix(".png").stat().st_size > 50_000
