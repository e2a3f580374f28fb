"""Figures of the aerial study's inference: the right number in the right place, nothing cut off."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba
from numpy.testing import assert_allclose

from incomelens.common.errors import InputError
from incomelens.paper.aerial.figure_2 import confusion_figure, confusion_table
from incomelens.paper.aerial.figure_3 import (
    DIFFERENCE_COLOURS,
    prediction_maps,
    prediction_maps_table,
)
from incomelens.paper.aerial.figure_s1 import architecture_figure
from incomelens.paper.aerial.names import model_labels
from incomelens.paper.aerial.overfitting import (
    histories_table,
    overfitting_figure,
    overfitting_table,
)
from incomelens.paper.aerial.scores import scores_of_cities
from incomelens.paper.aerial.transfer import transfer_figure
from incomelens.paper.draw.classes import DROPPED_FACE, INCOME_COLOURS

from ..draw.test_classes import EYES, lab
from ..inference_world import CITY, NETWORKS, evaluations, histories, inference_city, transfer
from .test_figures import overlapping, panel

FIVE = {f"city_{k}": f"City {k}" for k in range(5)}


@pytest.fixture(scope="module")
def judged():
    return evaluations(0)


@pytest.fixture(scope="module")
def mapped():
    world, _, predictions = inference_city(n_east=7, n_north=5)
    predictions = {scheme: models["main"] for scheme, models in predictions.items()}
    return world, predictions, prediction_maps_table(world.cells, predictions)


def matrices(judged, names, scheme="random"):
    places = [(city, scheme) for city in names]
    confusion = confusion_table([judged[scheme].confusion] * len(names), places)
    return confusion, scores_of_cities([judged[scheme].summary] * len(names), places)


def written(axes):
    """Texts on axes by their place."""
    places = [(text.get_position(), text.get_text()) for text in axes.texts]
    return {(round(float(x), 2), round(float(y), 2)): text for (x, y), text in places}


def is_whole(figure):
    """Whether all that is drawn lies within the figure, to a tenth of a millimetre."""
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    return min(box.x0, box.y0, width - box.x1, height - box.y1) > -0.004


@pytest.mark.parametrize("n", [1, 2, 5])
def test_every_city_has_a_matrix_and_no_text_is_cut_or_covered(judged, n):
    names = dict(list(FIVE.items())[:n])
    figure = confusion_figure(*matrices(judged, names), names=names)
    assert sum(axes.get_xlabel() == "Predicted class" for axes in figure.axes) == n
    assert is_whole(figure)
    assert overlapping(figure) == []


def test_matrix_has_observed_classes_in_rows_and_shares_of_them(judged):
    confusion, scores = matrices(judged, {"aubervieux": "Aubervieux"})
    figure = confusion_figure(confusion, scores, names=CITY)
    axes = figure.axes[0]
    shares = np.ma.filled(axes.images[0].get_array(), np.nan)
    assert_allclose(shares.sum(axis=1), 1.0)
    row = confusion.query("observed == 2 and predicted == 5").iloc[0]
    assert shares[1, 4] == row["share"]
    texts = written(axes)
    assert texts[5, 1.93] == f"{100 * row['share']:.0f} %"
    assert texts[5, 2.26] == str(row["n"])


def test_class_without_cells_is_empty_rather_than_zero(judged):
    confusion, scores = matrices(judged, {"aubervieux": "Aubervieux"})
    confusion.loc[confusion["observed"] == 3, ["n", "share"]] = [0, np.nan]
    axes = confusion_figure(confusion, scores, names=CITY).axes[0]
    texts = written(axes)
    assert texts[1, 2.93] == "–"


def test_keys_of_figure_2_are_means_over_folds(judged):
    confusion, scores = matrices(judged, {"aubervieux": "Aubervieux"})
    axes = confusion_figure(confusion, scores, names=CITY).axes[0]
    means = scores[scores["scope"] == "mean_of_folds"].set_index("metric")["value"]
    written = " ".join(text.get_text() for text in axes.texts)
    for heading, metric in (("r", "pearson_r"), ("Acc±1", "accuracy_within_1"), ("MAE", "mae")):
        assert f"{heading} = {means[metric]:.2f}" in written


def test_maps_colour_observed_and_predicted_classes_alike(mapped):
    world, predictions, table = mapped
    figure = prediction_maps(world.cells, table, city="Aubervieux")
    shown = {
        "Aubervieux: observed": world.folds.set_index("cell_id")["income_class"],
        "Predicted, random folds": predictions["random"].set_index("cell_id")["predicted"],
        "Predicted, spatial blocks": predictions["block"].set_index("cell_id")["predicted"],
    }
    for title, number in shown.items():
        (image,) = panel(figure, title).images
        colours = image.cmap(image.norm(image.get_array()))[1:-1, 1:-1]
        for place, cell in enumerate(world.cells["cell_id"]):
            expected = INCOME_COLOURS[number[cell]] if cell in number.index else DROPPED_FACE
            assert_allclose(colours[4 - place // 7, place % 7], to_rgba(expected))


def test_difference_is_predicted_minus_observed(mapped):
    world, predictions, table = mapped
    figure = prediction_maps(world.cells, table, city="Aubervieux")
    axes = [axes for axes in figure.axes if axes.get_title(loc="left").startswith("Predicted −")]
    for one, scheme in zip(axes, ("random", "block"), strict=True):
        of_cell = predictions[scheme].set_index("cell_id")
        step = of_cell["predicted"] - of_cell["observed"]
        (image,) = one.images
        colours = image.cmap(image.norm(image.get_array()))[1:-1, 1:-1]
        for place, cell in enumerate(world.cells["cell_id"]):
            face = DIFFERENCE_COLOURS[step[cell]] if cell in step.index else DROPPED_FACE
            assert_allclose(colours[4 - place // 7, place % 7], to_rgba(face))


FOUR = ["random", "group", "block", "area"]


@pytest.mark.parametrize("schemes", [["random"], ["block"], ["random", "block"], FOUR])
def test_maps_have_one_extent_equal_scales_and_readable_legends(mapped, schemes):
    world, predictions, _ = mapped
    of = {"group": "random", "area": "block"}
    predicted = {name: predictions[of.get(name, name)] for name in schemes}
    table = prediction_maps_table(world.cells, predicted)
    figure = prediction_maps(world.cells, table, city="Aubervieux")
    maps = [axes for axes in figure.axes if axes.images]
    assert len(maps) == 1 + 2 * len(schemes)
    assert len({(*axes.get_xlim(), *axes.get_ylim()) for axes in maps}) == 1
    figure.canvas.draw()
    for axes in maps:
        box, (west, east), (south, north) = (
            axes.get_window_extent(),
            axes.get_xlim(),
            axes.get_ylim(),
        )
        assert box.width / (east - west) == pytest.approx(box.height / (north - south))
    assert is_whole(figure)
    assert overlapping(figure) == []


def test_table_behind_the_maps_keeps_dropped_cells_without_classes(mapped):
    world, _, table = mapped
    assert table["cell_id"].tolist() == world.cells["cell_id"].tolist()
    assert table["observed"].isna().tolist() == [True, True] + [False] * 33
    step = table["predicted_block"] - table["observed"]
    pd.testing.assert_series_equal(table["difference_block"], step, check_names=False)
    last = table.iloc[-1]
    assert last["cell_id"].endswith(f"N{last['northing_m']:.0f}E{last['easting_m']:.0f}")


def test_predictions_of_another_run_are_refused(mapped):
    world, predictions, _ = mapped
    with pytest.raises(InputError, match="random folds: 2 cells are none of the city's"):
        prediction_maps_table(world.cells.iloc[:-2], {"random": predictions["random"]})
    other = predictions["block"].assign(observed=6 - predictions["block"]["observed"])
    with pytest.raises(InputError, match="other cells or observed classes than under random"):
        prediction_maps_table(world.cells, {"random": predictions["random"], "block": other})
    with pytest.raises(InputError, match="no scheme of folds; name at least one"):
        prediction_maps_table(world.cells, {})


@pytest.mark.parametrize("eye", EYES)
def test_differences_stay_apart_for_every_eye(eye):
    colours = [*DIFFERENCE_COLOURS.values(), DROPPED_FACE, "#ffffff"]
    seen = lab(colours, eye)
    distance = np.linalg.norm(seen[:, None] - seen[None], axis=2)
    assert distance[~np.eye(len(seen), dtype=bool)].min() > 5.5
    lightness = seen[: len(DIFFERENCE_COLOURS), 0]
    assert (np.diff(lightness[:5]) > 0).all()
    assert (np.diff(lightness[4:]) < 0).all()


def overfitting(judged, cities, schemes, n_epochs=4):
    places = [(city, scheme) for city in cities for scheme in schemes]
    scores = overfitting_table([judged[scheme].summary for _, scheme in places], places)
    of_folds = [(*place, fold) for place in places for fold in range(2)]
    tables = histories(n_epochs=n_epochs) * len(places)
    return scores, histories_table(tables, of_folds)


@pytest.mark.parametrize(("n", "schemes"), [(1, ["random"]), (2, ["random", "block"])])
def test_overfitting_is_drawn_for_any_cities_and_schemes(judged, n, schemes):
    cities = list(CITY)[:n]
    scores, training = overfitting(judged, cities, schemes, n_epochs=3 * n - 2)
    figure = overfitting_figure(scores, training, names=CITY, labels=model_labels(NETWORKS))
    assert len(figure.axes) == 3 * n
    assert is_whole(figure)
    assert overlapping(figure) == []


def test_overfitting_dots_are_pooled_scores_in_the_line_of_their_model(judged):
    scores, training = overfitting(judged, ["aubervieux"], ["random", "block"])
    figure = overfitting_figure(scores, training, names=CITY, labels={})
    axes = figure.axes[0]
    (dots,) = [line for line in axes.lines if line.get_gid() == "dots block"]
    table = judged["block"].summary.query(
        "scope == 'pooled' and metric == 'pearson_r' and cells == 'all'"
    )
    assert dots.get_xdata().tolist() == table["value"].tolist()
    assert np.rint(dots.get_ydata()).tolist() == [0, 1, 2, 3]
    labels = [tick.get_text() for tick in axes.get_yticklabels()]
    assert labels == table["model"].tolist()


def test_losses_are_a_line_a_fold_counted_from_epoch_one(judged):
    scores, training = overfitting(judged, ["aubervieux"], ["random", "block"])
    curves = overfitting_figure(scores, training, names=CITY, labels={}).axes[2]
    lines = [line for line in curves.lines if line.get_gid() == "validation_loss block"]
    assert len(lines) == 2
    assert lines[1].get_xdata().tolist() == [1, 2, 3, 4]
    assert_allclose(lines[1].get_ydata(), histories()[1]["validation_loss"])


def test_score_that_does_not_exist_leaves_a_gap(judged):
    scores, training = overfitting(judged, ["aubervieux"], ["random"])
    constant = (scores["model"] == "majority") & (scores["metric"] == "pearson_r")
    scores.loc[constant, ["value", "block_ci_low", "block_ci_high"]] = np.nan
    axes = overfitting_figure(scores, training, names=CITY, labels={}).axes[0]
    (dots,) = [line for line in axes.lines if line.get_gid() == "dots random"]
    assert np.rint(dots.get_ydata()).tolist() == [0, 1, 3]


def test_transfer_has_training_in_rows_and_tests_in_columns():
    table = transfer()
    figure = transfer_figure(table, names=CITY)
    values = np.ma.filled(figure.axes[0].images[0].get_array(), np.nan)
    of_r = table[table["metric"] == "pearson_r"].set_index(["trained_on", "tested_on"])
    assert values[0, 1] == of_r.loc[("aubervieux", "valmorin"), "value"]
    loss = np.ma.filled(figure.axes[2].images[0].get_array(), np.nan)
    assert loss[1, 0] == of_r.loc[("valmorin", "aubervieux"), "loss"]
    assert_allclose(np.diag(loss), 0.0)
    assert is_whole(figure)


def test_transfer_of_one_city_is_its_own_score():
    figure = transfer_figure(transfer(["aubervieux"]), names=CITY)
    assert figure.axes[0].images[0].get_array().shape == (1, 1)
    assert overlapping(figure) == []


def test_transfer_to_a_city_without_a_name_is_told():
    with pytest.raises(InputError, match="none for valmorin"):
        transfer_figure(transfer(), names={"aubervieux": "Aubervieux"})


@dataclasses.dataclass
class Block:
    """One row of an architecture."""

    part: str
    block: str
    kind: str
    kernel_px: int | None
    channels: int
    rows: int | None
    columns: int | None
    n_parameters: int


@pytest.fixture
def architecture():
    numbers = ["kernel_px", "channels", "rows", "columns", "n_parameters"]
    table = pd.DataFrame(
        [
            Block("input", "tile", "image", None, 3, 64, 64, 0),
            Block("backbone", "conv_stem, bn1", "Conv2d, BatchNormAct2d", 3, 32, 32, 16, 928),
            Block("pooling", "mean", "average of the map", None, 32, None, None, 0),
            Block("head", "dense", "Linear", None, 1, None, None, 33),
            Block("head", "head", "BinomialHead", None, 5, None, None, 0),
        ]
    )
    return table.astype(dict.fromkeys(numbers, "Int64"))


def test_architecture_states_shapes_and_sums_parameters(architecture):
    figure = architecture_figure(architecture, title="Network")
    texts = [text.get_text() for text in figure.axes[0].texts]
    for expected in ("32 × 32 × 16", "Conv2d, BatchNormAct2d, 3 × 3", "928", "961", "Network"):
        assert expected in texts
    boxes = [patch for patch in figure.axes[0].patches if patch.get_gid()]
    widths = [box.get_width() for box in boxes]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] > widths[1] > widths[2] == widths[4]
    assert is_whole(figure)
    assert overlapping(figure) == []


def test_figures_are_written_in_both_formats_and_equal_on_every_run(mapped, tmp_path):
    world, _, table = mapped
    for run in ("a", "b"):
        figure = prediction_maps(world.cells, table, city="Aubervieux")
        figure.write(tmp_path / f"{run}.pdf")
        figure.write(tmp_path / f"{run}.png")
    for form in ("pdf", "png"):
        assert (tmp_path / f"a.{form}").read_bytes() == (tmp_path / f"b.{form}").read_bytes()
