"""Tables, findings and figures of the study `validation` show what they are given."""

from importlib import import_module

import numpy as np
import pandas as pd
import pytest

from incomelens.common.errors import InputError
from incomelens.paper.trust_findings import NO, YES, findings, findings_table
from incomelens.paper.validation.figure_planted import LEAST, planted_figure
from incomelens.paper.validation.figure_sanity import sanity_figure

from . import trust_world

GIVEN = {
    "networks": ("summary", "reliability"),
    "planted": ("hits",),
    "decisions": ("decisions", "pairs"),
    "sanity": ("similarity",),
    "curves": ("areas",),
    "stability": ("stability",),
    "mirror": ("mirror",),
}


@pytest.fixture
def given():
    return dict(trust_world.given())


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


def test_similarities_stand_in_the_column_of_their_method(given):
    table = table_of("sanity", similarity=given["similarity"]).shown
    row = table[table["Compared with"] == "trained on shuffled labels"].iloc[0]
    chosen = given["similarity"].set_index(["kind", "against", "method", "measure"])
    expected = chosen.loc[("network", "shuffled", "gradcam", "spearman"), "mean"]
    assert row["Grad-CAM"].value == expected


def test_an_empty_table_is_refused(given):
    with pytest.raises(InputError, match=r"the tables hits are empty; the study needs synthetic"):
        table_of("planted", hits=given["hits"].iloc[:0])


def answers(given, **about):
    found = pd.DataFrame([one.__dict__ for one in findings(given)])
    for column, part in about.items():
        found = found[found[column].str.contains(part, regex=False)]
    assert len(found)
    return set(found["answer"])


def test_findings_follow_the_planted_truth(given):
    given["hits"] = given["hits"].assign(n_cities=20)
    assert answers(given, says="rank planted", about="guided Grad-CAM, trained, both") == {YES}
    assert answers(given, check="Networks", about="trained, ") == {YES}
    assert answers(given, says="order", about="guided Grad-CAM") == {YES}
    # Planted so that the whole network, made anew, is still alike: 0.9 - 0.2 * 4.
    assert answers(given, says="Maps lose", about="Grad-CAM") == {YES}
    assert answers(given, check="Mirror", about="cam, binomial") == {YES}
    assert answers(given, check="Mirror", about="cam, softmax") == {NO}


def test_findings_turn_with_the_numbers(given):
    given["similarity"] = given["similarity"].assign(mean=0.95)
    assert answers(given, says="another seed gives more") == {NO}
    given["areas"] = given["areas"].assign(over_random_ci_low=-0.1, over_random_ci_high=0.1)
    assert answers(given, says="random patches") == {NO}
    given["decisions"] = given["decisions"].assign(cities_over=0.5)
    assert answers(given, says="No city has a class") == {NO}
    given["hits"] = given["hits"].assign(area_ci_low=0.4, n_cities=20)
    assert answers(given, says="rank planted") == {NO}


def test_an_interval_that_is_missing_or_of_few_cities_leaves_a_statement_open(given):
    assert answers(given, says="rank planted") == {"open"}  # of four cities
    given["hits"] = given["hits"].assign(area_ci_low=np.nan, area_ci_high=np.nan, n_cities=20)
    assert answers(given, says="rank planted") == {"open"}


def test_findings_are_written(given, tmp_path):
    paths = [tmp_path / f"findings.{ending}" for ending in ("csv", "md", "tex")]
    findings_table(given).write(*paths)
    assert "Planted classes" in paths[1].read_text()


def dots(figure, gid):
    return [line for axes in figure.axes for line in axes.lines if line.get_gid() == gid]


def test_the_figure_has_one_dot_a_city_at_its_ratio(given, tmp_path):
    figure = planted_figure(given["ratios"], given["ranks"], given["hits"])
    drawn = dots(figure, "main continuous")
    assert len(drawn) == 4  # two styles, low and high
    rows = given["ratios"]
    rows = rows[(rows["network"] == "main") & (rows["urban_class"] == "continuous")]
    rows = rows[(rows["method"] == "guided") & (rows["style"] == "residential")]
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
    numbers = findings_table(given).shown["Numbers"]
    assert numbers.str.contains("−").any()
    assert not numbers.str.contains(r"-\d").any()
