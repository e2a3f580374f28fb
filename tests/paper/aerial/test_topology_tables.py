"""Tables of H0 and H1: every row in the CSV, tested pairs in print, each decision beside its q."""

import numpy as np
import pandas as pd
import pytest

from incomelens.common.errors import InputError
from incomelens.paper.aerial import h0, h1, points, topology_values

from ..topology_world import CITY, topology

LYON = {"lyon": "Lyon", "valmorin": "Valmorin"}


@pytest.fixture(scope="module")
def world():
    return topology()


def under(tables):
    """Tables by scheme, as an exhibit takes them."""
    return {"schemes": list(tables)}, list(tables.values())


def h0_table(tables, *, names=CITY):
    schemes, given = under(tables)
    return h0.exhibit(given, names=names, **schemes).table


def h1_table(tables, reference, *, names=CITY):
    schemes, given = under(tables)
    return h1.exhibit(given, reference, names=names, **schemes).table


def of(table, **labels):
    for name, value in labels.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_h0_prints_the_main_method_and_keeps_every_row(world):
    table = h0_table(world[0])
    assert len(table.numbers) == 2 * 2 * 2 * 2 * 18
    assert len(table.shown) == len(table.numbers) / 2
    block = "Valmorin, spatial blocks, high SES"
    shown = of(table.shown, **{"City, folds and SES": block, "Urban class": "Other roads"})
    row = of(
        table.numbers, scheme="block", city="valmorin", method="guided", ses="high",
        urban_class="roads",
    )  # fmt: skip
    assert shown["Ratio x"] == (row["ratio"], row["block_ci_low"], row["block_ci_high"])
    assert (shown["q"], shown["H0"], shown["Tiles"]) == (row["q_value"], row["decision"], row["n"])


def test_another_method_has_the_papers_beside_it(world):
    gradcam_first = {
        scheme: pd.concat(part for _, part in sorted(table.groupby("method")))
        for scheme, table in world[0].items()
    }
    table = h0_table(gradcam_first)
    assert "(Grad-CAM)" in table.caption
    block = "Valmorin, spatial blocks, high SES"
    shown = of(table.shown, **{"City, folds and SES": block, "Urban class": "Other roads"})
    row, beside = (
        of(
            table.numbers, scheme="block", city="valmorin", method=method, ses="high",
            urban_class="roads",
        )
        for method in ("gradcam", "guided")
    )  # fmt: skip
    assert shown["Ratio x"].value == row["ratio"] != beside["ratio"]
    assert shown["Guided Grad-CAM: x"] == beside["ratio"]
    assert shown["Guided Grad-CAM: H0"] == beside["decision"]


def test_the_papers_method_stands_alone_where_it_is_the_studys(world):
    assert not any(name.startswith("Guided") for name in h0_table(world[0]).shown)


def test_points_are_laid_out_with_their_radius_and_both_nulls(world):
    roads = {
        scheme: table[table["urban_class"] == "roads"].assign(urban_class="street_trees")
        for scheme, table in world[0].items()
    }
    roads = {
        scheme: table.assign(beyond_shuffled=2.5, relied_on=True) for scheme, table in roads.items()
    }
    schemes, given = under(roads)
    table = points.exhibit(given, names=CITY, radii={"street_trees": 3.0}, **schemes).table
    assert len(table.shown) == len(table.numbers) / 2
    assert set(table.shown["Points"]) == {"street trees"}
    assert {"P", "P, turned"} <= set(table.shown.columns)
    assert "Discs: 3 m around street trees." in table.notes[0]


def tree(scheme="random", ses="high", method="guided", **told):
    """One row of points, over-activated beyond both nulls unless it says otherwise."""
    return {
        "city": "lyon",
        "method": method,
        "ses": ses,
        "urban_class": "street_trees",
        "n": 90,
        "ratio": 1.2,
        "block_ci_low": 1.1,
        "block_ci_high": 1.3,
        "expected_ratio": 1.02,
        "decision": "over-activated",
        "beyond_shuffled": 3.0,
        "relied_on": True,
        "p_value": 0.001,
        "turned_p_value": 0.2,
        "q_value": 0.004,
        "scheme": scheme,
        **told,
    }


def concluded(*told):
    (sentence,) = points.conclusion(pd.DataFrame(told), LYON, ["random", "group"])
    return sentence


RATIO = "(ratio 1.20, 1.10 to 1.30; 1.02 by chance)"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, f"fall on them beyond both nulls {RATIO}."),
        (
            {"relied_on": False, "beyond_shuffled": 0.3},
            "fall on them more than those of other tiles do, and no more than those of a network "
            f"that learnt from shuffled labels {RATIO}.",
        ),
        (
            {"relied_on": None, "beyond_shuffled": None},
            f"fall on them more than those of other tiles do {RATIO}; no second null was tried.",
        ),
        (
            {"decision": "not rejected", "relied_on": False},
            f"fall on them no more than those of other tiles do {RATIO}.",
        ),
        (
            {"decision": "under-activated", "relied_on": False},
            f"fall on them less than those of other tiles do {RATIO}.",
        ),
        (
            {"decision": "too few tiles", "ratio": None, "relied_on": False},
            "cannot be judged (too few tiles).",
        ),
    ],
)
def test_what_maps_do_on_points_is_said_as_the_numbers_are(told, said):
    assert concluded(tree(**told)) == (
        f"Lyon, annotated street trees (random folds): where the network predicts high SES, its "
        f"maps {said}"
    )


def test_the_wealthy_come_first_with_other_methods_and_other_folds():
    sentence = concluded(
        tree(ses="low", decision="under-activated", relied_on=False),
        tree(),
        tree(method="gradcam", relied_on=False),
        tree("group", decision="not rejected", relied_on=None),
        tree("group", ses="low"),
    )
    assert sentence == (
        "Lyon, annotated street trees (random folds): where the network predicts high SES, its "
        f"maps fall on them beyond both nulls {RATIO}, beyond both by 1 of 2 methods; where the "
        f"network predicts low SES, its maps fall on them less than those of other tiles do "
        f"{RATIO}. The first null alone, high SES: not rejected under unseen units."
    )


def test_every_kind_of_points_and_city_has_its_sentence():
    rows = [tree(), tree(city="valmorin"), tree(urban_class="pools")]
    sentences = points.conclusion(pd.DataFrame(rows), LYON, ["random"])
    assert [one.split(" (")[0] for one in sentences] == [
        "Lyon, annotated street trees",
        "Valmorin, annotated street trees",
        "Lyon, annotated pools",
    ]


def test_classes_that_are_not_observed_are_said_so_and_have_no_numbers(world):
    table = h0_table(world[0])
    forms = table.forms()
    lines = [line for line in forms["md"].splitlines() if "Open space" in line]
    assert len(lines) == 8
    for line in lines:
        cells = [cell.strip() for cell in line.split("|")]
        assert cells[3:-1] == ["0", "–", "–", "–", "–", "–", "not observed"]
    assert "nan" not in forms["tex"]


def test_joint_test_of_every_city_and_count_of_every_method_stand_below(world):
    notes = " ".join(h0_table(world[0]).notes)
    joint = of(
        world[0]["block"].query("city == 'valmorin' and method == 'guided'").head(1), ses="low"
    )
    assert f"Valmorin, spatial blocks: rejected (P = {joint['joint_p_value']:.3f})" in notes
    of_method = world[0]["random"].query("method == 'gradcam'")
    over = of_method["decision"].eq("over-activated").sum()
    under = of_method["decision"].eq("under-activated").sum()
    tested = of_method["q_value"].notna().sum()
    assert f"Grad-CAM, random folds: {over} over and {under} under of {tested}" in notes


def test_h1_prints_tested_pairs_with_both_measures(world, reference):
    table = h1_table(world[1], reference)
    guided = table.numbers[table.numbers["method"] == "guided"]
    assert len(table.shown) == guided["p_value"].notna().sum()
    assert len(table.numbers) == 2 * 2 * 2 * 2 * 85
    row = guided[guided["p_value"].notna()].iloc[-1]
    shown = table.shown.iloc[-1]
    assert shown["Plain: c"] == (row["coactivation"], row["block_ci_low"], row["block_ci_high"])
    ends = (row["adjusted_block_ci_low"], row["adjusted_block_ci_high"])
    assert shown["Adjusted: c"] == (row["coactivation_adjusted"], *ends)
    assert (shown["Plain: q"], shown["Adjusted: q"]) == (row["plain_q_value"], row["q_value"])


def test_h1_of_another_method_has_the_papers_beside_it(world, reference):
    gradcam_first = {
        scheme: pd.concat(part for _, part in sorted(table.groupby("method")))
        for scheme, table in world[1].items()
    }
    table = h1_table(gradcam_first, reference)
    guided = table.numbers[table.numbers["method"] == "guided"]
    assert len(table.shown)
    shown = set(table.shown["Guided Grad-CAM: adjusted c"].dropna())
    assert shown
    assert shown <= set(guided["coactivation_adjusted"])
    assert set(table.shown["Guided Grad-CAM: H1"]) <= {"over", "under", *guided["decision"]}


def test_h1_counts_which_findings_survive_the_adjustment(world, reference):
    tables = {"random": world[1]["random"].copy()}
    table = tables["random"]
    tested = table.index[table["p_value"].notna() & table["method"].eq("guided")]
    table.loc[tested[:3], "plain_decision"] = "over-coactivated"
    table.loc[tested[2:5], "decision"] = "over-coactivated"
    published = h1_table(tables, reference)
    assert any("random folds: 1 of 3 over-coactivated" in note for note in published.notes)
    assert published.shown.loc[0, "Plain: H1"] == "over"
    assert published.shown.loc[0, "Adjusted: H1"] == "not rejected"


def test_study_without_a_tested_pair_is_printed(world, reference):
    table = world[1]["random"].assign(n=0, decision="not observed", plain_decision="not observed")
    numbers = table.columns[table.dtypes.eq("float64")]
    table[numbers] = np.nan
    published = h1_table({"random": table}, reference)
    assert published.shown.empty
    assert "No pair is tested." in published.notes
    assert set(published.forms()) == {"md", "tex", "html"}


def test_values_of_the_preprint_stand_in_the_row_of_their_city(world, reference):
    pairs = {"random": world[1]["random"].replace({"city": {"aubervieux": "lyon"}})}
    gains = {"lyon": world[3]["aubervieux"], "valmorin": world[3]["valmorin"]}
    schemes, given = under(pairs)
    table = topology_values.exhibit(
        list(gains.values()), given, reference, names=LYON, **schemes
    ).table
    pair = {"Class": "Very-low-density fabric", "Beside": "Sports and leisure", "SES": "low"}
    shown = of(table.shown, City="Lyon", Measure="coactivation", **pair)
    assert shown["Preprint"] == pytest.approx(1.651)
    assert of(table.shown, City="Lyon", Measure="adjusted coactivation", **pair)["Preprint"] == (
        pytest.approx(1.651)
    )
    # Cities that it does not show have no row of dashes, and all their values in the CSV.
    assert set(table.shown["City"]) == {"Lyon"}
    assert table.shown["Preprint"].notna().all()
    assert {"lyon", "valmorin"} == set(table.numbers["city"])
    pair = {"Class": "Low-density fabric", "Beside": "Motorways", "SES": "low"}
    shown = of(table.shown, City="Lyon", Measure="gain", **pair)
    assert shown["Preprint"] == pytest.approx(2.102)
    gain = of(gains["lyon"], ses="low", urban_class="low", neighbour_class="motorways")
    assert shown["Ours"][0] == pytest.approx(gain["gain"])
    assert table.shown["City"].tolist() == sorted(table.shown["City"])
    published = h1_table(pairs, reference, names=LYON)
    row = published.numbers.query(
        "city == 'lyon' and ses == 'high' and urban_class == 'continuous' "
        "and neighbour_class == 'water' and method == 'guided'"
    )
    assert row["preprint_coactivation"].tolist() == [pytest.approx(1.878)]


def test_preprint_pairs_are_pairs_of_this_study(world, reference):
    pairs = pd.MultiIndex.from_frame(world[1]["random"][["urban_class", "neighbour_class"]])
    for groups in reference.part("aerial", "figure_6_preprint").values():
        for classes in groups.values():
            for u, beside in classes.items():
                assert {(u, v) for v in beside} <= set(pairs)


def test_city_without_a_name_is_refused(world, reference):
    for published in (
        lambda names: h0_table(world[0], names=names),
        lambda names: h1_table(world[1], reference, names=names),
    ):
        with pytest.raises(InputError, match="names of cities: none for valmorin"):
            published({"aubervieux": "Aubervieux"})
