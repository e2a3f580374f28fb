"""The table of land that the network relies on, and the sentences that follow from it."""

import pandas as pd
import pytest

from incomelens.paper.aerial.reliance import exhibit
from incomelens.paper.table import Table

NAMES = {"town": "Town"}


def line(method: str, urban_class: str, decision: str, *, relied_on: bool = False) -> dict:
    """One row of `topology/reliance.csv`, as far as the table reads it."""
    return {
        "city": "town",
        "method": method,
        "ses": "high",
        "urban_class": urban_class,
        "n": 40,
        "ratio": 1.42,
        "decision": decision,
        "relied_on": relied_on,
    }


@pytest.fixture
def table() -> Table:
    """Two readings of three classes, one of which nothing could test."""
    reliance = pd.DataFrame(
        [
            line("guided", "dense", "over-activated", relied_on=True),
            line("guided", "railways", "over-activated"),
            line("guided", "leisure", "too few tiles"),
            line("occlusion", "dense", "over-activated", relied_on=True),
            line("occlusion", "railways", "not rejected"),
            line("occlusion", "leisure", "too few tiles"),
        ]
    )
    return exhibit(reliance, names=NAMES, schemes=["random"]).table


def test_a_cell_says_by_which_null_a_class_stands_out(table: Table) -> None:
    cells = table.shown.set_index("Urban class")["guided Grad-CAM"]
    assert cells["Dense fabric"].words == "1.42, relied on"
    assert cells["Railways"].words == "1.42, over"


def test_readings_that_agree_are_counted(table: Table) -> None:
    counted = table.shown.set_index("Urban class")["Relied on by"]
    assert counted.to_dict() == {"Dense fabric": "2 of 2", "Railways": "0 of 2"}


def test_the_conclusion_names_what_is_relied_on_and_nothing_else(table: Table) -> None:
    assert table.conclusion == (
        "Town: where it predicts high SES, the network relies on dense fabric (2 of 2 readings).",
    )
    assert table.conclusion[0] in table.forms()["md"]
    assert table.meaning()["conclusion"] == [*table.conclusion]


def test_nothing_relied_on_is_said() -> None:
    reliance = pd.DataFrame([line("guided", "railways", "over-activated")])
    (sentence,) = exhibit(reliance, names=NAMES, schemes=["random"]).table.conclusion
    assert sentence.endswith("where it predicts high SES, no class stands out beyond both nulls.")
