"""An exhibit's function and its rule agree, or one sentence says where they do not."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pandas as pd
import pytest

from incomelens.common.errors import InputError
from incomelens.common.tables import write_table
from incomelens.paper.draw.style import PaperFigure
from incomelens.paper.exhibit import Exhibit, filled_caption, make, read
from incomelens.paper.reference import Reference
from incomelens.paper.table import Table

from .conftest import ROOT

NUMBERS = pd.DataFrame({"x": [1.0, 2.0]})
TABLE = Table(NUMBERS, NUMBERS, caption="Table 9.")
MODULE = "probe"


def of_module(scores: pd.DataFrame, more: Sequence[pd.DataFrame], *, level: str) -> Exhibit:
    assert level == "tract"
    return Exhibit(pd.concat([scores, *more]))


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Make the exhibit above as its rule would, with some of what the rule gives changed."""
    module = ModuleType(f"incomelens.paper.{MODULE}")
    module.exhibit = of_module
    monkeypatch.setitem(sys.modules, module.__name__, module)
    write_table(NUMBERS, tmp_path / "scores.csv")
    path = str(tmp_path / "scores.csv")

    def call(inputs=None, settings=None, offered=None):
        return make(
            MODULE,
            inputs={"scores": path, "more": [path, path]} if inputs is None else inputs,
            settings={"level": "tract"} if settings is None else settings,
            offered={"threads": 1} if offered is None else offered,
        )

    return call


def test_inputs_are_read_and_settings_passed(made):
    assert made().table["x"].tolist() == [1.0, 2.0] * 3


def test_a_wildcard_is_a_setting_where_the_function_asks_for_it(made):
    assert len(made(settings={}, offered={"level": "tract", "city": "nice"}).table) == 6


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"inputs": {"more": []}}, "missing a required argument: 'scores'"),
        ({"settings": {"level": "tract", "colour": "red"}}, "unexpected keyword argument 'colour'"),
        ({"settings": {}}, "missing a required argument: 'level'"),
    ],
)
def test_what_only_one_side_knows_is_named_before_anything_is_read(made, given, message):
    with pytest.raises(InputError, match=f"paper.probe: .*{message}; the inputs and params of its"):
        made(**{"inputs": {"scores": "not there.csv", "more": []}} | given)


def test_an_input_is_read_as_its_annotation_says(tmp_path):
    path = str(ROOT / "config" / "paper_reference.yaml")
    assert read(path, Path) == Path(path)
    assert read([path], Reference | None).path == path
    assert read([], Reference | None) is None
    assert [one.path for one in read([path, path], Sequence[Reference])] == [path, path]


def of_scores(scores: pd.DataFrame, *, levels: dict) -> Exhibit:
    assert levels
    return Exhibit(Table(scores, scores, caption="", notes=("First.",)))


def of_a_level(scores: pd.DataFrame, *, level: str) -> Exhibit:
    assert level == "iris"
    return Exhibit(scores, PaperFigure((0.4, 0.4)))


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """Make an exhibit of scores of two levels, some of which rest on inducing points."""

    def call(function, processes, **settings):
        module = ModuleType(f"incomelens.paper.{MODULE}")
        module.exhibit = function
        monkeypatch.setitem(sys.modules, module.__name__, module)
        scores = pd.DataFrame({"level": ["commune", "commune", "iris"]})
        write_table(scores.assign(**processes), tmp_path / "scores.csv")
        inputs = {"scores": str(tmp_path / "scores.csv")}
        return make(MODULE, inputs=inputs, settings=settings, offered={"threads": 1})

    return call


APPROXIMATE = "Gaussian processes that are approximate, by inducing points: "


def test_a_table_names_the_approximate_processes_behind_it_by_level(shown):
    levels = {"commune": "Commune", "iris": "IRIS"}
    some = {"process": ["9 inducing points", None, "8 inducing points"]}
    named = f"{APPROXIMATE}Commune: 9 inducing points, IRIS: 8 inducing points."
    assert shown(of_scores, some, levels=levels).table.notes == ("First.", named)
    few = {"process": [None, None, "8 inducing points"]}
    notes = shown(of_scores, few, levels=levels).table.notes
    assert notes == ("First.", f"{APPROXIMATE}IRIS: 8 inducing points.")
    for none in ({}, {"process": [None] * 3}):
        assert shown(of_scores, none, levels=levels).table.notes == ("First.",)


def of_an_income(scores: pd.DataFrame, *, income: str) -> Exhibit:
    assert income == "per_capita_income"
    return Exhibit(Table(scores, scores, caption="", notes=("First.",)))


def test_a_process_of_another_income_is_not_named(shown):
    some = {
        "process": ["9 inducing points", None, None],
        "income": ["median_household_income", "per_capita_income", "per_capita_income"],
    }
    assert shown(of_an_income, some, income="per_capita_income").table.notes == ("First.",)


def test_a_figure_of_one_level_names_its_process_below_its_caption(shown, files):
    paths, told = files("csv", "json", "pdf", "png"), {"caption": "Fig. 9."}
    some = {"process": ["9 inducing points", None, "8 inducing points"]}
    shown(of_a_level, some, level="iris").write(paths, told=told)
    caption = json.loads(paths["json"].read_text("utf-8"))["caption"]
    assert caption == f"Fig. 9.\n\n{APPROXIMATE}8 inducing points."
    shown(of_a_level, {}, level="iris").write(paths, told=told)
    assert json.loads(paths["json"].read_text("utf-8"))["caption"] == "Fig. 9."


@pytest.fixture
def files(tmp_path):
    return lambda *forms: {form: tmp_path / f"x.{form}" for form in forms}


def test_a_table_and_figure_has_all_forms_and_says_what_it_is(files):
    paths = files("csv", "json", "md", "tex", "html", "pdf", "png", "losses")
    paths["losses"] = paths["csv"].with_name("losses.csv")
    Exhibit(TABLE, PaperFigure((0.4, 0.4)), more={"losses": NUMBERS}).write(paths)
    assert all(path.stat().st_size > 0 for path in paths.values())
    meaning = json.loads(paths["json"].read_text("utf-8"))
    assert meaning["kinds"] == ["table", "figure"]
    assert meaning["table"]["caption"] == "Table 9."


def test_numbers_behind_a_figure_are_no_table_for_readers(files):
    paths = files("csv", "json", "pdf", "png")
    Exhibit(NUMBERS, PaperFigure((0.4, 0.4))).write(paths)
    meaning = json.loads(paths["json"].read_text("utf-8"))
    assert (meaning["kinds"], meaning["table"]) == (["figure"], None)


def test_what_its_rule_tells_and_where_its_forms_lie_stands_with_the_meaning(files):
    told = {"target": "ssig_table_9", "labels": {"table": "Table 9"}}
    paths = files("csv", "json", "md", "tex", "html")
    Exhibit(TABLE).write(paths, told=told)
    meaning = json.loads(paths["json"].read_text("utf-8"))
    assert meaning.items() >= told.items()
    assert meaning["files"] == {form: f"x.{form}" for form in paths}


def job(**params):
    names = {"params": SimpleNamespace(**params), "wildcards": SimpleNamespace(city="Lyon")}
    return SimpleNamespace(rule="ssig_figure_9", **names)


def test_a_caption_is_filled_from_the_rules_parameters_and_wildcards():
    text = "**Fig. {{ snakemake.params.number }}.** In {{ snakemake.wildcards.city }} & <so>."
    assert filled_caption(text, job(number=3)) == "**Fig. 3.** In Lyon & <so>."


def test_a_caption_that_asks_for_too_much_is_named():
    with pytest.raises(InputError, match=r"caption of ssig_figure_9: .*'nme'.*the rule's params"):
        filled_caption("{{ snakemake.params.nme }}", job(name="Lyon"))


@pytest.mark.parametrize("forms", [("csv", "md"), ("csv", "json", "md", "tex", "html", "png")])
def test_forms_that_only_one_side_knows_are_named_and_nothing_is_written(files, forms, tmp_path):
    with pytest.raises(InputError, match=r"the rule writes csv, .*, and the exhibit has csv, json"):
        Exhibit(TABLE).write(files(*forms))
    assert list(tmp_path.iterdir()) == []
