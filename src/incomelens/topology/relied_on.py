"""Classes that a network relies on by trial, as ratios in the way of the maps."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from incomelens.cells.urban_classes import NAMES
from incomelens.common.names import MAIN
from incomelens.topology.inputs import PUBLISHED, SES_CLASSES, methods_of, tile_group
from incomelens.topology.ratios import mean_terms


def occlusion_ratios(
    occlusions: Mapping[str, pd.DataFrame],
    predictions: Mapping[str, pd.DataFrame],
    folds: Mapping[str, pd.DataFrame],
    planted: pd.DataFrame,
    *,
    least_tiles: int,
) -> pd.DataFrame:
    """Mean ratio of every class by occlusion: its share of all changes over its share of area.

    Parameters
    ----------
    occlusions : mapping
        By city, :func:`incomelens.attribution.occlusion.occlusion_table` of `main`.
    predictions, folds : mappings
        By city, of `main`.
    planted : DataFrame
        Of :func:`incomelens.topology.planted.planted_classes`.
    least_tiles : int
        Classes in fewer tiles of a group are left out, as they are from the tests of the maps.

    Returns
    -------
    DataFrame
        As :func:`incomelens.topology.planted.planted_ratios` gives, without tests of H0: no map can
        be turned.
    """
    style = planted.drop_duplicates("city").set_index("city")["style"]
    marked = set(zip(planted["city"], planted["urban_class"], strict=True))
    parts = []
    for city, occlusion in occlusions.items():
        for method in methods_of(occlusion):
            for ses in SES_CLASSES:
                group = tile_group(
                    occlusion, predictions[city], folds[city], method=method, ses=ses
                )
                terms = mean_terms(group.activation_sum[0], group.area_share)
                table = pd.DataFrame(
                    {
                        "urban_class": NAMES,
                        "n": terms.denominator.sum(axis=0).astype(np.int64),
                        "ratio": terms.value,
                    }
                ).iloc[list(PUBLISHED)]
                parts.append(
                    table[table["n"] >= least_tiles].assign(
                        city=city, style=style[city], network=MAIN, method=method, ses=ses
                    )
                )
    together = pd.concat(parts, ignore_index=True)
    pairs = zip(together["city"], together["urban_class"], strict=True)
    return together.assign(planted=[pair in marked for pair in pairs])
