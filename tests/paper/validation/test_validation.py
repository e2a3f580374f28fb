"""Tables, findings and figures of the study `validation` show what they are given."""

from importlib import import_module

import numpy as np
import pytest

from incomelens.common.errors import InputError
from incomelens.paper.claims.claim import CONTRADICTED, OPEN, SUPPORTED
from incomelens.paper.claims.validation import exhibit
from incomelens.paper.validation.figure_planted import LEAST, planted_figure
from incomelens.paper.validation.figure_sanity import sanity_figure

from .. import validation_world

GIVEN = {
    "networks": ("summary", "reliability"),
    "planted": ("hits",),
    "methods": ("hits", "decisions", "stability"),
    "decisions": ("decisions", "pairs"),
    "sanity": ("similarity",),
    "curves": ("areas",),
    "stability": ("stability",),
    "mirror": ("mirror",),
}


@pytest.fixture
def given():
    return dict(validation_world.given())


def table_of(check, **tables):
    return import_module(f"incomelens.paper.validation.{check}").exhibit(**tables).table


@pytest.mark.parametrize("check", GIVEN)
def test_every_table_is_written_in_all_its_forms(given, check):
    table = table_of(check, **{name: given[name] for name in GIVEN[check]})
    assert all(len(text) > 200 for text in table.forms().values())
    assert len(table.shown) >= 4
    assert "nan" not in table.forms()["md"]


def test_hit_rates_are_shown_with_wilsons_interval_and_chance(given):
    table = table_of("planted", hits=given["hits"])
    row = given["hits"].iloc[0]
    shown = table.shown.iloc[0]
    assert (shown["Hit rate"].value, shown["Hit rate"].low) == (row["hit_rate"], row["ci_low"])
    assert shown["By chance"] == row["chance"]
    assert shown["Hits"] == f"{row['hits']} of {row['n']}"


def test_cities_to_choose_on_are_shown_and_judge_nothing(many):
    summary = many["summary"]
    chosen_on = summary["role"] == "tune"
    assert chosen_on.any()
    before = findings(many).table.numbers
    many["summary"] = summary.assign(low=summary["low"].mask(chosen_on, -1))
    assert findings(many).table.numbers.equals(before)
    shown = table_of("networks", summary=many["summary"], reliability=many["reliability"]).shown
    assert "residential planted, cities to choose on" in set(shown["Style"])


def test_a_network_is_asked_to_know_nothing_where_nothing_is_planted(many):
    says = "predicts nothing from shuffled"
    assert CONTRADICTED not in verdicts(many, says=says, about="trained, nothing planted")
    summary = many["summary"]
    knows = summary.assign(low=0.5, mean=0.6, high=0.7)
    many["summary"] = summary.where(summary["style"] != "none", knows)
    assert verdicts(many, says=says, about="trained, nothing planted") == {CONTRADICTED}


def methods_of(given):
    names = ("hits", "decisions", "stability")
    table = table_of("methods", **{name: given[name] for name in names})
    return table.shown.set_index(["Cities", "Method"]), table


def test_every_method_is_told_what_it_is_good_for(given):
    wrong = given["decisions"]["planted"] | (given["decisions"]["style"] == "none")
    given["decisions"] = given["decisions"].assign(cities_relied_on=(~wrong).astype(float))
    given["stability"] = given["stability"].assign(median=0.71)
    shown, table = methods_of(given)
    judged = shown.loc[("judging cities", "guided Grad-CAM")]
    hits = given["hits"].set_index(["role", "style", "network", "method", "ses"])
    assert judged["Area, low"].value == hits.loc[("judge", "both", "main", "guided", "low"), "area"]
    assert judged["Area"].value == 1.0
    assert (judged["False reliance"].value, judged["without a signal"].value) == (1.0, 0.0)
    assert judged["Good for"] == (
        "ranking classes; ranking classes of low SES alone; naming the first class; "
        "one network's word"
    )
    assert (
        "naming classes relied on (reliance at least 0.5, false reliance at most 0.05)"
        in table.notes[-1]
    )
    assert np.isnan(shown.loc[("cities to choose on", "guided Grad-CAM"), "Two seeds"])


def test_a_method_that_names_no_class_is_not_good_for_naming_any(given):
    given["decisions"] = given["decisions"].assign(cities_relied_on=0.0)
    assert not methods_of(given)[0]["Good for"].str.contains("relied on").any()
    planted = given["decisions"]["planted"].astype(float)
    given["decisions"] = given["decisions"].assign(cities_relied_on=planted)
    assert methods_of(given)[0]["Good for"].str.contains("relied on").any()


def test_a_method_that_reaches_nothing_is_good_for_nothing(given):
    given["hits"] = given["hits"].assign(area=0.7, hit_rate=0.5)
    given["decisions"] = given["decisions"].assign(cities_relied_on=0.2)
    given["stability"] = given["stability"].assign(median=0.4)
    shown, _ = methods_of(given)
    assert set(shown["Good for"]) == {"none of these"}


def test_similarities_stand_in_the_column_of_their_method(given):
    table = table_of("sanity", similarity=given["similarity"]).shown
    row = table[table["Compared with"] == "trained on shuffled labels"].iloc[0]
    chosen = given["similarity"].set_index(["kind", "against", "method", "measure"])
    expected = chosen.loc[("network", "shuffled", "gradcam", "spearman"), "mean"]
    assert row["Grad-CAM"].value == expected


def test_an_empty_table_is_refused(given):
    with pytest.raises(InputError, match=r"the tables hits are empty; the study needs synthetic"):
        table_of("planted", hits=given["hits"].iloc[:0])


FINDINGS = [name for names in GIVEN.values() for name in names if name != "reliability"]


def findings(given):
    return exhibit(**{name: given[name] for name in FINDINGS})


def verdicts(given, **about):
    found = findings(given).table.numbers
    for column, part in about.items():
        found = found[found[column].str.contains(part, regex=False)]
    assert len(found)
    return set(found["verdict"])


@pytest.fixture
def many(given):
    """The same numbers, as if of twenty cities and forty tiles."""
    cities = {name: {"n_cities": 20} for name in ("summary", "hits", "decisions", "pairs")}
    units = {"similarity": {"n_units": 20}, "stability": {"n": 40}, "mirror": {"n": 40}}
    return given | {name: given[name].assign(**new) for name, new in (cities | units).items()}


def test_findings_follow_the_planted_truth(many):
    about = "guided Grad-CAM, trained, both"
    assert verdicts(many, says="rank planted", about=about) == {SUPPORTED}
    assert verdicts(many, check="Networks", about="trained, ") == {SUPPORTED}
    assert verdicts(many, says="random patches", about="guided Grad-CAM") == {SUPPORTED}
    # Planted so that the whole network, made anew, is still alike: 0.9 - 0.2 * 4.
    assert verdicts(many, says="Maps lose", about="Grad-CAM") == {SUPPORTED}
    assert verdicts(many, check="Mirror", about="cam, binomial") == {SUPPORTED}
    assert verdicts(many, check="Mirror", about="cam, softmax") == {CONTRADICTED}


def test_findings_turn_with_the_numbers(many):
    many["similarity"] = many["similarity"].assign(mean=0.95, low=0.94, high=0.96)
    assert verdicts(many, says="another seed gives more") == {CONTRADICTED}
    many["areas"] = many["areas"].assign(over_random_ci_low=-0.1, over_random_ci_high=0.1)
    assert verdicts(many, says="random patches") == {OPEN}
    rare = {"cities_over_ci_low": 0.3, "cities_over_ci_high": 0.7}
    many["decisions"] = many["decisions"].assign(cities_over=0.5, **rare)
    assert verdicts(many, says="No city has a class") == {CONTRADICTED}
    many["decisions"] = many["decisions"].assign(cities_over_ci_low=0.0)
    assert verdicts(many, says="No city has a class") == {OPEN}
    relied = {"cities_relied_on_ci_low": 0.0, "cities_relied_on_ci_high": 0.04}
    many["decisions"] = many["decisions"].assign(**relied)
    assert verdicts(many, check="Reliance") == {SUPPORTED}
    many["decisions"] = many["decisions"].assign(
        cities_relied_on_ci_low=0.3, cities_relied_on_ci_high=1
    )
    assert verdicts(many, says="has a direction", about="on a coast") == {CONTRADICTED}
    many["hits"] = many["hits"].assign(area_ci_low=0.4)
    assert verdicts(many, says="rank planted", about=", trained, both styles") == {OPEN}
    many["hits"] = many["hits"].assign(area_ci_low=0.3, area_ci_high=0.4)
    assert verdicts(many, says="rank planted", about="both") == {CONTRADICTED}


def test_an_interval_that_is_missing_or_of_few_cities_leaves_a_statement_open(given, many):
    assert verdicts(given, says="rank planted") == {OPEN}  # of four cities
    assert verdicts(given, says="predicts incomes") == {OPEN}
    many["hits"] = many["hits"].assign(area_ci_low=np.nan, area_ci_high=np.nan)
    assert verdicts(many, says="rank planted") == {OPEN}


def test_findings_are_written(given, tmp_path):
    files = {form: tmp_path / f"findings.{form}" for form in ("csv", "md", "tex", "html", "json")}
    findings(given).write(files)
    assert "Planted classes" in files["md"].read_text()


def dots(figure, gid):
    return [line for axes in figure.axes for line in axes.lines if line.get_gid() == gid]


def test_the_figure_has_one_dot_a_city_at_its_ratio(given, tmp_path):
    figure = planted_figure(given["ratios"], given["ranks"], given["hits"])
    drawn = dots(figure, "main continuous")
    assert len(drawn) == 4  # two styles, low and high
    rows = given["ratios"]
    rows = rows[(rows["network"] == "main") & (rows["urban_class"] == "continuous")]
    rows = rows[(rows["method"] == "guided") & (rows["style"] == "residential")]
    rows = rows[rows["role"] == "judge"]  # the third city was there to choose on
    expected = rows[rows["ses"] == "low"]["ratio"].clip(lower=LEAST)
    assert sorted(drawn[0].get_xdata()) == pytest.approx(sorted(expected))
    assert dots(figure, "shuffled continuous")[0].get_markerfacecolor() == "white"
    figure.write(tmp_path / "figure.pdf")
    figure.write(tmp_path / "figure.png")


def test_a_single_style_is_drawn_too(given):
    one = {
        name: given[name][given[name]["style"].isin(["residential", "both"])]
        for name in ("ratios", "ranks", "hits")
    }
    figure = planted_figure(**one)
    assert len(dots(figure, "main dense")) == 2


def test_the_cascade_starts_at_the_trained_network_and_follows_the_table(given, tmp_path):
    figure = sanity_figure(given["similarity"], given["curves"])
    (line,) = dots(figure, "cascade guided")
    value = given["similarity"].set_index(["kind", "method", "measure"]).sort_values("step")
    expected = value.loc[("cascade", "guided", "spearman"), "mean"]
    assert line.get_ydata() == pytest.approx([1.0, *expected])
    (curve,) = dots(figure, "deletion guided")
    assert curve.get_ydata()[0] == pytest.approx(1.0, abs=0.05)
    figure.write(tmp_path / "figure.pdf")
    figure.write(tmp_path / "figure.png")


def test_numbers_of_findings_are_printed_with_minus_signs(given):
    numbers = findings(given).table.shown["Numbers"]
    assert numbers.str.contains("−").any()
    assert not numbers.str.contains(r"-\d").any()


def test_the_sanity_table_has_columns_for_the_methods_that_were_probed_alone(given):
    guided = given["similarity"].query("method == 'guided'")
    shown = table_of("sanity", similarity=guided).shown
    assert list(shown.columns)[2:] == ["guided Grad-CAM"]
