"""Figs. 4 to 6: the right number in the right place, nothing cut off, marks where they belong."""

import geopandas as gpd
import numpy as np
import pytest
from matplotlib.colors import to_hex
from shapely.geometry import box

from incomelens.attribution.kept_maps import KeptMaps
from incomelens.common.errors import InputError
from incomelens.paper.aerial.figure_4 import tile_figure, tile_table
from incomelens.paper.aerial.figure_5 import OFFSETS, ratios_figure, row_places
from incomelens.paper.aerial.figure_6 import MEASURES, pairs_figure, pairs_table
from incomelens.paper.aerial.inputs import by_scheme, of_city
from incomelens.paper.aerial.names import (
    SES_COLOURS,
    class_order,
    main_method,
    main_scheme,
    published_groups,
    residential_classes,
)

from ..topology_world import topology
from .test_inference_figures import is_whole

HERE = "aubervieux"
PREPRINT = {
    "coactivation_minus_1": {"low": {"dense": {"low": {HERE: 0.5, "lyon": 0.25}}}, "high": {}},
    "gain_minus_1": {"low": {}, "high": {"low": {"dense": {HERE: 0.75}}}},
}


@pytest.fixture(scope="module")
def world():
    return topology()


@pytest.fixture
def ratios(world):
    return of_city(by_scheme([*world[0].values()], [*world[0]], "H0"), HERE, "H0")


@pytest.fixture
def pairs(world):
    return of_city(by_scheme([*world[1].values()], [*world[1]], "H1"), HERE, "H1")


def found(figure, gid):
    return [one for one in figure.findobj() if one.get_gid() == gid]


def of(table, **labels):
    for name, value in labels.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


# ---------------------------------------------------------------- Fig. 5


def test_ratios_and_probabilities_stand_at_their_class(world, ratios):
    probabilities = world[2][HERE]
    figure = ratios_figure(ratios, probabilities, city="Aubervieux")
    for ses, name in (("low", "roads"), ("high", "continuous"), ("high", "water")):
        dot = found(figure, f"ratio {ses} {name}")[0]
        row = of(ratios, scheme="random", method="guided", ses=ses, urban_class=name)
        assert dot.get_xdata()[0] == pytest.approx(row["ratio"])
        assert dot.get_ydata()[0] == pytest.approx(row_places()[name] + OFFSETS[ses])
        assert dot.get_color() == SES_COLOURS[ses]
        dot = found(figure, f"probability {ses} {name}")[0]
        row = of(probabilities, ses=ses, urban_class=name)
        assert dot.get_xdata()[0] == pytest.approx(row["probability"])
    assert found(figure, "H0")[0].get_xdata() == [1.0, 1.0]
    assert is_whole(figure)


def test_filled_markers_are_those_where_h0_is_rejected(world, ratios):
    ratios["decision"] = np.where(ratios["n"] == 0, "not observed", "not rejected")
    changed = ratios["urban_class"].eq("water") & ratios["ses"].eq("low")
    ratios.loc[changed, "decision"] = "under-activated"
    figure = ratios_figure(ratios, world[2][HERE], city="Aubervieux")
    filled = [
        one.get_gid()
        for one in figure.findobj()
        if str(one.get_gid()).startswith("ratio ")
        and to_hex(one.get_markerfacecolor()) != "#ffffff"
    ]
    assert filled == ["ratio low water"]


def test_class_without_a_tile_has_no_dot_and_one_with_few_is_grey(world, ratios):
    figure = ratios_figure(ratios, world[2][HERE], city="Aubervieux")
    assert found(figure, "ratio low open_space") == []
    few = found(figure, "ratio low railways")[0]
    assert few.get_color() not in SES_COLOURS.values()


def test_ratio_beyond_the_axis_never_happens_to_tested_classes(world, ratios):
    ratios["ratio"] *= 40
    ratios["block_ci_high"] *= 4000
    figure = ratios_figure(ratios, world[2][HERE], city="Aubervieux")
    tested = ratios[(ratios["decision"] != "too few tiles") & ratios["ratio"].notna()]
    axes = found(figure, "H0")[0].axes
    assert axes.get_xlim()[1] > tested["ratio"].max()
    assert is_whole(figure)


def test_city_without_any_tested_class_is_drawn(world, ratios):
    ratios["decision"] = "not observed"
    ratios[["ratio", "block_ci_low", "block_ci_high", "expected_ratio"]] = np.nan
    assert is_whole(ratios_figure(ratios, world[2][HERE], city="Aubervieux"))


def test_figure_5_sets_the_papers_method_beside_that_of_the_study(world):
    ratios = of_city(by_scheme(list(world[0].values()), list(world[0]), "H0"), HERE, "H0")
    first = ratios.sort_values("method", kind="stable")  # gradcam before guided
    figure = ratios_figure(first, world[2][HERE], city="Aubervieux")
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles[:3] == [
        "Aubervieux, random folds:\nGrad-CAM",
        "guided Grad-CAM",
        "Aubervieux:\nobserved",
    ]
    assert is_whole(figure)


def test_rows_are_the_published_classes_in_their_groups():
    places = row_places()
    assert len(places) == 18
    assert "ports" not in places
    assert len(set(places.values())) == 18
    assert list(places) == [name for names in published_groups().values() for name in names]


# ---------------------------------------------------------------- Fig. 6


def panels(figure):
    return [axes for axes in figure.axes if axes.get_title(loc="left").startswith("Aubervieux")]


def test_numbers_stand_in_their_row_and_column(world, pairs):
    table = pairs_table(pairs, world[3][HERE], PREPRINT, city=HERE)
    figure = pairs_figure(table, city="Aubervieux")
    maps = panels(figure)
    assert len(maps) == 6
    for place, axes in enumerate(maps):
        measure, ses = MEASURES[place // 2], ("low", "high")[place % 2]
        written = {text.get_gid(): text for text in axes.texts if text.get_gid()}
        row = of(
            table, scheme="random", method="guided", ses=ses, urban_class="dense",
            neighbour_class="roads",
        )  # fmt: skip
        text = written["dense beside roads"]
        assert text.get_text() == f"{row[measure.column]:.2f}"
        x, y = text.get_position()
        place = class_order().index("roads"), residential_classes().index("dense")
        assert (int(x), int(y)) == place
        assert ses in axes.get_title(loc="left")
    assert is_whole(figure)


def test_pairs_in_too_few_tiles_and_classes_beside_themselves_are_empty(world, pairs):
    table = pairs_table(pairs, world[3][HERE], PREPRINT, city=HERE)
    figure = pairs_figure(table, city="Aubervieux")
    few = table[(table["n"] < 10) & (table["scheme"] == "random") & (table["method"] == "guided")]
    assert len(few) > 0
    for row in few[few["ses"] == "high"].itertuples():
        gid = f"{row.urban_class} beside {row.neighbour_class}"
        assert gid not in [text.get_gid() for text in panels(figure)[1].texts]
    assert found(figure, "dense beside dense") == []


def test_each_measure_is_framed_by_its_own_decision(world, pairs):
    gains = world[3][HERE].assign(block_ci_low=0.5, block_ci_high=1.5)
    pairs[["decision", "plain_decision"]] = "not rejected"
    guided = pairs["method"].eq("guided") & pairs["scheme"].eq("random") & pairs["ses"].eq("low")
    for name, column in (("roads", "plain_decision"), ("continuous", "decision")):
        pair = guided & pairs["urban_class"].eq("dense") & pairs["neighbour_class"].eq(name)
        pairs.loc[pair, column] = "over-coactivated"
    gain = gains["urban_class"].eq("low") & gains["neighbour_class"].eq("water")
    gains.loc[gain & gains["ses"].eq("high"), "block_ci_low"] = 1.01
    table = pairs_table(pairs, gains, PREPRINT, city=HERE)
    marks = [
        [one.get_gid() for one in axes.patches if str(one.get_gid()).startswith("marked")]
        for axes in panels(pairs_figure(table, city="Aubervieux"))
    ]
    assert marks == [
        ["marked dense beside roads"], [], ["marked dense beside continuous"], [],
        [], ["marked low beside water"],
    ]  # fmt: skip


def test_values_of_the_preprint_are_one_more_than_it_shows(world, pairs):
    table = pairs_table(pairs, world[3][HERE], PREPRINT, city=HERE)
    one = {"scheme": "random", "method": "guided"}
    pair = {"urban_class": "dense", "neighbour_class": "low"}
    assert of(table, ses="low", **one, **pair)["preprint_coactivation"] == 1.5
    assert np.isnan(of(table, ses="high", **one, **pair)["preprint_coactivation"])
    pair = {"urban_class": "low", "neighbour_class": "dense"}
    assert of(table, ses="high", **one, **pair)["preprint_gain"] == 1.75
    assert len(table) == len(pairs)


def test_values_at_the_ends_of_the_scale_are_drawn(world, pairs):
    pairs["coactivation"] = np.where(pairs["coactivation"].notna(), 0.0, np.nan)
    pairs["coactivation_adjusted"] *= 100
    table = pairs_table(pairs, world[3][HERE], PREPRINT, city=HERE)
    assert is_whole(pairs_figure(table, city="Aubervieux"))


# ---------------------------------------------------------------- Fig. 4

CELL = "CRS3035RES200mN2520000E3920000"
BOUNDS = (3920000.0, 2520000.0, 3920200.0, 2520200.0)


@pytest.fixture(scope="module")
def tile():
    """West is dense, east is water but for an airport in its south; low looks west, high east."""
    places = [(0, 0, 100, 200), (100, 100, 200, 200), (100, 0, 200, 100)]
    land_use = gpd.GeoDataFrame(
        {"identifier": ["1", "2", "3"], "urban_class": ["dense", "water", None]},
        geometry=[box(3920000 + w, 2520000 + s, 3920000 + e, 2520000 + n) for w, s, e, n in places],
        crs=3035,
    )
    maps = np.zeros((1, 1, 2, 8, 8), dtype=np.float32)
    maps[0, 0, 0, :, :4] = 1.0
    maps[0, 0, 1, :4, 4:] = 1.0
    return KeptMaps((CELL,), ("guided",), ("low", "high"), maps), land_use


def words_of(figure):
    return {text.get_text() for text in figure.findobj() if hasattr(text, "get_text")}


class Images:
    def read_images(self, cell_ids):
        return np.full((len(cell_ids), 8, 8, 3), 120, dtype=np.uint8)


def test_tile_table_has_the_ratio_of_every_polygon_and_map(tile):
    table = tile_table(*tile, cell_id=CELL, bounds=BOUNDS)
    low, high = (table[table["target"] == one]["ratio"] for one in ("low", "high"))
    np.testing.assert_allclose(low, [1.5, 0.0, np.nan])
    np.testing.assert_allclose(high, [0.0, 3.0, np.nan])


def test_tile_figure_shows_six_panels_and_writes_the_same_bytes_twice(tile, tmp_path):
    table = tile_table(*tile, cell_id=CELL, bounds=BOUNDS)
    for name in ("one.png", "two.png"):
        figure = tile_figure(tile[0], table, Images(), bounds=BOUNDS, city="Aubervieux")
        figure.write(tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert is_whole(figure)
    words = words_of(figure)
    assert {"a", "b", "c", "d", "e", "f", "Dense fabric", "Water", "1.5", "3.0"} <= words
    assert not {word for word in words if word.startswith("No activation")}
    low, high = (axes.images[0].get_array() for axes in figure.axes[1:3])
    assert low[:, :4].min() == 1.0
    assert high[:4, 4:].min() == 1.0


def test_a_silent_map_says_so(tile):
    kept, land_use = tile
    silent = KeptMaps(kept.cell_ids, kept.methods, kept.targets, np.zeros_like(kept.maps))
    table = tile_table(silent, land_use, cell_id=CELL, bounds=BOUNDS)
    assert table["ratio"].isna().all()
    figure = tile_figure(silent, table, Images(), bounds=BOUNDS, city="Aubervieux")
    assert is_whole(figure)
    assert {
        "No activation:\nthe map is nowhere positive.",
        "No activation, no ratio.",
    } <= words_of(figure)


def test_cell_without_a_map_is_refused(tile):
    with pytest.raises(InputError, match="none of the cell elsewhere"):
        tile_table(*tile, cell_id="elsewhere", bounds=BOUNDS)


# ---------------------------------------------------------------- names


def test_main_scheme_and_method_are_those_of_the_paper_where_they_are():
    assert main_scheme(["block", "random"]) == "random"
    assert main_scheme(["block"]) == "block"
    assert main_method(["gradcam", "guided"]) == "gradcam"
    for empty in (main_scheme, main_method):
        with pytest.raises(InputError):
            empty([])


def test_missing_city_is_named(world):
    table = by_scheme([*world[0].values()], [*world[0]], "H0")
    with pytest.raises(InputError, match="no row of the city 'paris'; it has those of"):
        of_city(table, "paris", "H0")
    with pytest.raises(InputError, match="H0: there is no table"):
        by_scheme([], [], "H0")
