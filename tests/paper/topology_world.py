"""What the stage topology writes of made-up cities with planted effects, by its own functions."""

from functools import cache

import numpy as np
import pandas as pd

from incomelens.cells.urban_classes import land_use_list
from incomelens.topology.hypothesis_tables import h0_table, h1_table
from incomelens.topology.pair_tables import coactivation_table, gain_table
from incomelens.topology.tables import activation_ratio_table, probability_table

NAMES = land_use_list().names

CITY = {"aubervieux": "Aubervieux", "valmorin": "Valmorin"}
# Planted: residential land is brighter; roads too, on low tiles. `open_space` lies nowhere,
# railways in a few tiles only.
PRESENT = {"open_space": 0.0, "railways": 0.02, "roads": 0.9, "continuous": 0.6, "dense": 0.5}
DRAWS = {"n_resamples": 30, "n_draws": 99}


def tables_of_city(seed=0, *, n=260, methods=("guided", "gradcam")):
    """Attribution, predictions and folds of one city."""
    rng = np.random.default_rng(seed)
    chance = np.array([PRESENT.get(name, 0.25) for name in NAMES])
    area = (rng.random((n, len(NAMES))) < chance) * rng.gamma(1.0, 1.0, (n, len(NAMES)))
    area[:, NAMES.index("medium")] += 0.05
    share = area / area.sum(axis=1, keepdims=True)
    observed = rng.permutation(np.arange(n) % 5) + 1
    poor = rng.random(n) < 0.3 * (share[:, NAMES.index("motorways")] > 0)
    observed[poor] = 1
    predicted = np.clip(observed + rng.integers(-1, 2, n), 1, 5)
    cells = np.array([f"CRS3035RES200mN{2520000 + 200 * k}E3920000" for k in range(n)], object)
    residential = [name in ("continuous", "dense", "medium", "low", "very_low") for name in NAMES]
    bright = np.where(residential, 2.0, 0.8)
    tile, column = np.nonzero(share)
    rows = []
    for method in methods:
        for target in ("low", "high"):
            light = bright.copy()
            light[NAMES.index("roads")] = 2.0 if target == "low" else 0.4
            noise = rng.gamma(4.0, 0.25, share.shape)
            for transform in range(8):
                # A turned map knows nothing of the land.
                strength = light * noise if transform == 0 else rng.gamma(4.0, 0.25, share.shape)
                rows.append(
                    pd.DataFrame(
                        {
                            "cell_id": cells[tile],
                            "fold": 0,
                            "method": method,
                            "target": target,
                            "urban_class": np.array(NAMES, dtype=object)[column],
                            "transform": transform,
                            "activation_sum": (share * strength)[tile, column],
                            "area_share": share[tile, column],
                            "excluded_share": 0.0,
                        }
                    )
                )
    predictions = pd.DataFrame({"cell_id": cells, "observed": observed, "predicted": predicted})
    predictions["p"] = (predicted - 0.5) / 5
    folds = pd.DataFrame({"cell_id": cells, "block": np.arange(n) // 6})
    return pd.concat(rows, ignore_index=True), predictions, folds


def pairings_of_city(attribution, predictions, seed=0):
    """Maps of the tiles of an SES on one another's land, of which they know nothing."""
    rng = np.random.default_rng(seed)
    parts = []
    own = attribution[attribution["transform"] == 0]
    for ses, classes in {"low": (1, 2), "high": (4, 5)}.items():
        cells = predictions.loc[predictions["predicted"].isin(classes), "cell_id"].to_numpy()
        place = pd.Series(np.arange(len(cells)) % 20, index=cells)
        stratum = pd.Series(np.arange(len(cells)) // 20, index=cells)
        rows = own[(own["target"] == ses) & own["cell_id"].isin(cells)]
        size = stratum.value_counts()
        parts.append(
            pd.DataFrame(
                {
                    "cell_id": rows["cell_id"].to_numpy(),
                    "ses": ses,
                    "method": rows["method"].to_numpy(),
                    "urban_class": rows["urban_class"].to_numpy(),
                    "stratum": ses + stratum[rows["cell_id"]].astype(str).to_numpy(),
                    "place": place[rows["cell_id"]].to_numpy(),
                    "activation_sums": [
                        share * rng.gamma(4.0, 0.25, size[number])
                        for share, number in zip(
                            rows["area_share"], stratum[rows["cell_id"]], strict=True
                        )
                    ],
                }
            )
        )
        for sums, at, value in zip(
            parts[-1]["activation_sums"], parts[-1]["place"], rows["activation_sum"], strict=True
        ):
            sums[at] = value
    return pd.concat(parts, ignore_index=True)


@cache
def topology(cities=tuple(CITY), schemes=("random", "block")):
    """H0 and H1 by scheme, probabilities and gains by city; do not change them."""
    h0, h1, probabilities, gains = {}, {}, {}, {}
    for place, scheme in enumerate(schemes):
        ratios, pairs = {}, {}
        for number, city in enumerate(cities):
            tables = tables_of_city(10 * number + place)
            pairings = pairings_of_city(*tables[:2])
            ratios[city] = activation_ratio_table(tables[0], pairings, *tables[1:], seed=1, **DRAWS)
            pairs[city] = coactivation_table(*tables, seed=1, **DRAWS)
            if place == 0:
                probabilities[city] = probability_table(*tables, n_resamples=30, seed=1)
                gains[city] = gain_table(*tables, n_resamples=30, seed=1)
        h0[scheme], h1[scheme] = h0_table(ratios), h1_table(pairs)
    return h0, h1, probabilities, gains
