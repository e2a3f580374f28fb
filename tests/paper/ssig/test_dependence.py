"""Partial dependence, drawn: a panel a variable on one scale of factors, and a map of the place."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from incomelens.paper.names import TEN, VARIABLES
from incomelens.paper.ssig.dependence import _percents, effect_classes, exhibit


@pytest.fixture
def curves():
    rows = [
        (name, value, term, percent, percent - 10, percent + 10)
        for name in TEN
        for term, factor in (("sum", 1.0), ("linear", 0.5))
        for value, percent in ((0.1, -20 * factor), (0.5, 0.0), (0.9, 50 * factor))
    ]
    columns = ["variable", "value", "term", "percent", "percent_low", "percent_high"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def location(districts):
    known = districts.iloc[:-1]
    table = pd.DataFrame({"geoid": known["geoid"], "term": "sum"})
    return table.assign(percent=np.linspace(-30, 30, len(known)))


def test_every_variable_has_a_panel_with_its_curve_as_logarithms_of_factors(
    districts, curves, location, tmp_path
):
    drawn = exhibit(districts, curves, location)
    titles = {axes.get_title(loc="left"): axes for axes in drawn.figure.axes}
    assert set(titles) >= {VARIABLES[name].paper for name in TEN} | {"Place"}
    whole, linear = titles["≥25UDG"].lines[:2]
    assert_allclose(whole.get_xdata(), [10, 50, 90])  # shares, in per cent
    assert_allclose(whole.get_ydata(), np.log([0.8, 1.0, 1.5]))
    assert_allclose(linear.get_ydata(), np.log([0.9, 1.0, 1.25]))
    assert len({titles[VARIABLES[name].paper].get_ylim() for name in TEN}) == 1
    assert len(drawn.table) == len(curves) + len(location)
    drawn.figure.write(tmp_path / "dependence.png")
    assert (tmp_path / "dependence.png").stat().st_size > 10_000


def test_ticks_are_equal_factors_and_the_map_has_as_many_classes_up_as_down():
    assert_allclose(_percents(0.2, 4.0), [-75, -50, 0, 100, 300], atol=1e-9)
    assert_allclose(_percents(0.8, 1.5), [-100 / 6, 0, 20, 44], atol=1e-9)
    breaks = effect_classes(np.array([-40.0, -10.0, np.nan, 10.0, 30.0])).breaks
    assert len(breaks) == 6
    assert (breaks[:3] < 0).all()
    assert (breaks[3:] > 0).all()
    assert len(effect_classes(np.zeros(3)).breaks) == 6
