"""Figures of the aerial data: one extent, every cell in its colour, files in both formats."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgba
from numpy.testing import assert_allclose, assert_array_equal
from pyproj import CRS

from incomelens.cells.urban_classes import EXCLUDED
from incomelens.common.errors import InputError
from incomelens.paper.aerial import figure_1, income_map
from incomelens.paper.aerial.names import class_colours
from incomelens.paper.draw.classes import DROPPED_FACE, INCOME_COLOURS
from incomelens.tiles.index import build_index
from incomelens.tiles.shard_file import ShardWriter
from incomelens.tiles.warp import Warped

from ..aerial_world import CELL, SOUTH, WEST, aerial_world


@pytest.fixture(scope="module")
def world():
    return aerial_world()


@pytest.fixture(scope="module")
def drawn(world):
    return square_of(world).figure


def square_of(world, **changes):
    tables = {name: getattr(world, name) for name in ("cells", "land_use", "index", "tiles")}
    return figure_1.square_exhibit(**tables | changes, name="Aubervieux")


def map_of(world, **changes):
    tables = {name: getattr(world, name) for name in ("cells", "land_use", "folds", "classes")}
    return income_map.exhibit(**tables | changes, name="Aubervieux")


@pytest.fixture(scope="module")
def city_map(world):
    return map_of(world).figure


def panel(figure, title):
    (axes,) = [axes for axes in figure.axes if axes.get_title(loc="left").startswith(title)]
    return axes


def overlapping(figure):
    """Texts of a figure that lie on one another."""
    figure.canvas.draw()
    texts = [
        text
        for axes in figure.axes
        for text in axes.findobj(lambda artist: hasattr(artist, "get_text"))
        # Ticks of axes that are off are not drawn.
        if text.get_text() and text.get_visible() and (axes.axison or text in axes.texts)
    ]
    boxes = {id(text): text.get_window_extent() for text in texts}
    # Tick labels outside a bar's limits are not drawn.
    shown = [text for text in texts if boxes[id(text)].width > 0]
    return [
        (a.get_text(), b.get_text())
        for a, b in combinations(shown, 2)
        if boxes[id(a)].overlaps(boxes[id(b)])
    ]


def test_the_three_panels_show_one_extent_without_distortion(drawn):
    drawn.canvas.draw()
    panels = [panel(drawn, title) for title in ("Aerial image", "Income", "Land use")]
    extents = {(*axes.get_xlim(), *axes.get_ylim()) for axes in panels}
    assert extents == {(WEST, WEST + 6 * CELL, SOUTH, SOUTH + 5 * CELL)}
    for axes in panels:
        box = axes.get_window_extent()
        assert box.width / 6 == pytest.approx(box.height / 5)


def test_income_panel_shows_kept_cells_in_thousands(drawn, world):
    (image,) = panel(drawn, "Income").images
    shown = np.ma.filled(image.get_array(), np.nan)
    assert np.isnan(shown[-1, :2]).all()  # the two dropped cells
    assert np.isfinite(shown).sum() == 28
    assert shown[-1, 2] == pytest.approx(world.cells["income"][2] / 1000)
    assert shown[0, -1] == pytest.approx(world.cells["income"][29] / 1000)


def test_colour_bar_has_its_unit(drawn):
    labels = [axes.get_xlabel() for axes in drawn.axes]
    assert "1,000 EUR a year per consumption unit" in labels


def test_land_use_has_the_colours_of_its_classes(drawn, world):
    layers = panel(drawn, "Land use").collections
    hatched = [layer for layer in layers if layer.get_hatch()]
    assert [len(layer.get_paths()) for layer in hatched] == [1]  # the airport
    (faces,) = [layer.get_facecolors() for layer in layers if not layer.get_hatch()]
    colours = class_colours()
    expected = [colours[name] for name in world.land_use["urban_class"].dropna()]
    assert sorted(map(to_hex, faces)) == sorted(expected)


def test_land_outside_the_square_is_not_drawn(world):
    kept = world.index["cell_id"].isin(world.cells["cell_id"][7:9])
    index = world.index.assign(kept=kept, drop_reason=world.index["drop_reason"].mask(kept))
    figure = square_of(world, index=index).figure
    layers = panel(figure, "Land use").collections
    assert sum(len(layer.get_paths()) for layer in layers) == 2


def test_unknown_urban_class_is_named(world):
    land_use = world.land_use.assign(urban_class="moor")
    with pytest.raises(InputError, match="unknown urban classes moor"):
        square_of(world, land_use=land_use)


def test_table_behind_figure_1_states_the_square_and_its_cells(world):
    table = square_of(world).table
    assert len(table) == 28
    assert table["cell_id"].tolist() == world.cells["cell_id"][2:].tolist()
    edges = table[[f"square_{edge}_m" for edge in ("west", "south", "east", "north")]]
    expected = [WEST, SOUTH, WEST + 6 * CELL, SOUTH + 5 * CELL]
    assert_array_equal(edges.drop_duplicates(), [expected])
    first = table.iloc[0]
    assert first["cell_id"].endswith(f"N{first['northing_m']:.0f}E{first['easting_m']:.0f}")


def test_map_colours_every_cell_by_its_class(city_map, world):
    (image,) = [image for axes in city_map.axes for image in axes.images]
    colours = image.cmap(image.norm(image.get_array()))[1:-1, 1:-1]  # a rim of one cell around
    number = dict(zip(world.folds["cell_id"], world.folds["income_class"], strict=True))
    for place, cell in enumerate(world.cells["cell_id"]):
        expected = INCOME_COLOURS[number[cell]] if cell in number else DROPPED_FACE
        assert_allclose(colours[4 - place // 6, place % 6], to_rgba(expected))


def test_map_leaves_the_rim_clear_and_covers_land(city_map):
    (axes,) = [axes for axes in city_map.axes if axes.images]
    image = axes.images[0].get_array()
    assert np.ma.getmaskarray(np.ma.masked_invalid(image))[0].all()
    assert axes.images[0].get_zorder() > max(layer.get_zorder() for layer in axes.collections)


def test_legend_states_the_limits_in_eur(city_map, world):
    texts = [text.get_text() for axes in city_map.axes for text in axes.texts]
    assert "EUR a year per consumption unit" in texts
    first = world.classes.iloc[0]
    assert f"{first['income_from_eur']:,.0f} to {first['income_to_eur']:,.0f}" in texts


def test_map_ends_a_little_beyond_the_kept_cells(world):
    folds = world.folds[world.folds["cell_id"].isin(world.cells["cell_id"][13:15])]
    figure = map_of(world, folds=folds).figure
    (axes,) = [axes for axes in figure.axes if axes.images]
    assert axes.get_xlim() == (WEST, WEST + 4 * CELL)
    assert axes.get_ylim() == (SOUTH + CELL, SOUTH + 4 * CELL)
    # The neighbours that are not kept are there, in grey.
    assert np.count_nonzero(axes.images[0].get_array() == 0) == 10


def test_city_without_water_is_drawn(world):
    land_use = world.land_use.assign(value=np.uint8(EXCLUDED))
    map_of(world, land_use=land_use)


def test_table_behind_a_map_marks_dropped_cells_with_zero(world):
    table = map_of(world).table
    assert table["income_class"][:2].tolist() == [0, 0]
    assert table["income_class"][2:].tolist() == world.folds["income_class"].tolist()
    assert table["easting_m"][1] - table["easting_m"][0] == CELL


@pytest.mark.parametrize("which", ["drawn", "city_map"])
def test_no_text_lies_on_another(which, request):
    assert overlapping(request.getfixturevalue(which)) == []


@pytest.mark.parametrize("which", ["drawn", "city_map"])
def test_every_figure_is_written_as_pdf_and_png(which, request, tmp_path):
    for path in (tmp_path / "figure.pdf", tmp_path / "figure.png"):
        request.getfixturevalue(which).write(path)
        assert path.stat().st_size > 5000


def test_figure_1_reads_the_shards_of_the_workflow(world, tmp_path):
    crs = CRS(3035)
    reasons = ["few_neighbours", "void", *[None] * 28]
    cells = world.cells.assign(drop_reason=reasons)
    waiting = cells[2:]
    with ShardWriter(tmp_path / "0.zarr", tile_px=16, side=200.0, crs=crs) as shard:
        for cell, square in zip(waiting["cell_id"], waiting.geometry, strict=True):
            land = np.ones((16, 16), dtype=np.uint8)
            shard.add(cell, Warped(world.images[cell], 0.0), land, square.bounds)
    index = build_index(cells, world.plan[2:], [tmp_path / "0.zarr"], max_void_share=0.01)
    given = {"shards": [tmp_path / "0.zarr"], "name": "Aubervieux", "threads": 1}
    figure = figure_1.exhibit(cells, world.land_use, index, **given).figure
    (image,) = panel(figure, "Aerial image").images
    picture = image.get_array()
    px = picture.shape[1] // 6
    assert picture[-1, 2 * px, 0] == 2 * 7
    assert picture[-1, 0, 3] == 0
    assert picture[0, -1, 0] == 29 * 7
