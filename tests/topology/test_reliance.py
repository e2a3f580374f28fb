"""Whether a class counts as relied on, beyond both nulls."""

import numpy as np
import pandas as pd
import pytest

from incomelens.common.contracts import check_written
from incomelens.topology.reliance import beyond_shuffled, reliance_table

CLASSES = ("dense", "railways", "green_urban")


def ratios(method: str, ratio: tuple, p_value: tuple, log_error: float = 0.1) -> pd.DataFrame:
    """Ratios of three classes, as `activation_ratio_table` gives them."""
    return pd.DataFrame(
        {
            "method": method,
            "ses": "high",
            "urban_class": CLASSES,
            "n": 40,
            "ratio": ratio,
            "block_ci_low": np.array(ratio) * 0.8,
            "block_ci_high": np.array(ratio) * 1.25,
            "expected_ratio": 1.0,
            "log_error": log_error,
            "effect_size": np.array(ratio) - 1,
            "p_value": p_value,
            "joint_p_value": 0.01,
        }
    )


def of_town(**tables: pd.DataFrame) -> pd.DataFrame:
    """The reliance of one city, by method and class."""
    return reliance_table(*({"town": table} for table in tables.values())).set_index(
        ["method", "urban_class"]
    )


@pytest.fixture
def town() -> pd.DataFrame:
    """Maps that single out two classes, one of which networks without labels single out, too."""
    return of_town(
        ratios=ratios("guided", (1.8, 1.8, 0.6), (0.001, 0.001, 0.001)),
        occlusions=ratios("occlusion", (1.8, 1.0, 1.0), (0.001, 0.9, 0.9)),
        shuffled=ratios("guided", (1.0, 1.7, 1.0), (0.9, 0.001, 0.9)),
    )


def test_over_activation_counts_only_beyond_the_network_without_labels(town: pd.DataFrame) -> None:
    assert town.loc[("guided", "dense"), "relied_on"]
    assert town.loc[("guided", "railways"), "decision"] == "over-activated"
    assert not town.loc[("guided", "railways"), "relied_on"]


def test_under_activation_is_no_reliance(town: pd.DataFrame) -> None:
    assert town.loc[("guided", "green_urban"), "decision"] == "under-activated"
    assert not town.loc[("guided", "green_urban"), "relied_on"]


def test_occlusion_has_its_own_control(town: pd.DataFrame) -> None:
    assert town.loc[("occlusion", "dense"), "relied_on"]
    assert np.isnan(town.loc[("occlusion", "dense"), "beyond_shuffled"])


def test_a_class_that_the_second_null_could_not_see_is_not_relied_on() -> None:
    shuffled = ratios("guided", (1.0, 1.0, 1.0), (0.9, 0.9, 0.9)).iloc[1:]
    town = of_town(
        ratios=ratios("guided", (1.8, 1.8, 1.0), (0.001, 0.001, 0.9)),
        occlusions=ratios("occlusion", (1.0, 1.0, 1.0), (0.9, 0.9, 0.9)),
        shuffled=shuffled,
    )
    assert not town.loc[("guided", "dense"), "relied_on"]
    assert town.loc[("guided", "railways"), "relied_on"]


def test_the_difference_is_in_standard_errors_of_both_logs() -> None:
    table = ratios("guided", (np.e, 1.0, 1.0), (0.1, 0.1, 0.1), log_error=0.3).assign(city="town")
    other = ratios("guided", (1.0, 1.0, 1.0), (0.1, 0.1, 0.1), log_error=0.4).assign(city="town")
    assert beyond_shuffled(table, other) == pytest.approx([2.0, 0.0, 0.0])


def test_the_table_is_what_its_contract_says(town: pd.DataFrame) -> None:
    plain = town.reset_index()
    plain = plain[["city", "method", *[name for name in plain if name not in ("city", "method")]]]
    columns = ["city", "method", "ses", "urban_class"]
    rest = [name for name in plain if name not in columns]
    check_written(plain[[*columns, *rest]], "results/small/topology/reliance.csv")
