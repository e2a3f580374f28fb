"""What the stages write in the study `validation`, made small by their own functions."""

from functools import cache

import numpy as np
import pandas as pd

from incomelens.attribution.curve_areas import area_table, mean_curves
from incomelens.attribution.probe_summaries import mirror_summary, similarity_summary
from incomelens.inference.network_scores import (
    PROBABILITIES,
    network_reliability,
    network_scores,
    score_summary,
)
from incomelens.topology.planted import (
    decision_rates,
    hit_rates,
    pair_rates,
    planted_classes,
    planted_ratios,
    rank_table,
)
from incomelens.topology.stability import stability_summary

WORLDS = pd.DataFrame(
    [
        ("r1", "R1", "judge", "residential", "none"),
        ("r2", "R2", "judge", "residential", "south"),
        ("g1", "G1", "judge", "infrastructure_green", "none"),
        ("g2", "G2", "judge", "infrastructure_green", "south"),
        ("s1", "S1", "judge", "none", "none"),
        ("t1", "T1", "tune", "residential", "none"),
    ],
    columns=["city", "name", "role", "style", "coast"],
)
CITIES = dict(zip(WORLDS["city"], WORLDS["name"], strict=True))
PLANTED = {"residential": (11100, 11210), "infrastructure_green": (14100, 14200), "none": ()}
NETWORKS = ("main", "again", "softmax", "shuffled")
METHODS = ("guided", "gradient", "gradcam")
CLASSES = ("continuous", "dense", "green_urban", "leisure", "roads", "water")


@cache
def given():
    """Every table by the name that the tables in print ask for; do not change them."""
    rng = np.random.default_rng(0)
    predictions = {
        (city, network): _predictions(rng, "shuffled" if city == "s1" else network)
        for city in CITIES
        for network in NETWORKS
    }
    planted = planted_classes(
        pd.DataFrame(
            [
                (world.name, world.style, code)
                for world in WORLDS.itertuples(index=False)
                for code in PLANTED[world.style]
            ],
            columns=["city", "style", "code"],
        ),
        WORLDS,
    )
    trained = [(city, network) for city in CITIES for network in ("main", "shuffled")]
    tables = {pair: _ratios(rng, planted, *pair) for pair in trained}
    ratios = planted_ratios(tables, planted, WORLDS)
    trial = ratios[(ratios["network"] == "main") & (ratios["method"] == "guided")]
    ranks = rank_table(pd.concat([ratios, trial.assign(method="occlusion")]))
    similarities = {city: _similarity(rng) for city in ("r1", "g1")}
    curves = {city: _curves(rng) for city in ("r1", "g1")}
    return {
        "summary": score_summary(network_scores(predictions, WORLDS)),
        "reliability": network_reliability(predictions),
        "hits": hit_rates(ranks, n_resamples=50, seed=0),
        "decisions": decision_rates(ratios),
        "pairs": pair_rates({pair: _pairs(rng) for pair in trained}, WORLDS),
        "similarity": similarity_summary(similarities),
        "areas": area_table(curves, n_resamples=50, seed=0),
        "stability": stability_summary({"r1": _stability(rng)}),
        "mirror": mirror_summary({"r1": _mirror()}),
        "ratios": ratios,
        "ranks": ranks,
        "curves": mean_curves(curves),
    }


def _predictions(rng, network):
    observed = rng.permutation(np.arange(100) % 5) + 1
    towards = observed if network != "shuffled" else rng.permutation(observed)
    logit = -((np.arange(1, 6) - towards[:, None]) ** 2) + rng.normal(0, 0.5, (100, 5))
    p = np.exp(logit) / np.exp(logit).sum(axis=1, keepdims=True)
    table = pd.DataFrame(p, columns=PROBABILITIES)
    return table.assign(observed=observed, predicted=p.argmax(axis=1) + 1, p=p @ np.arange(5) / 4)


def _ratios(rng, planted, city, network):
    mine = set(planted.loc[planted["city"] == city, "urban_class"])
    rows = []
    for method in METHODS:
        for ses in ("low", "high"):
            for name in CLASSES:
                lit = 1.0 if name in mine and network == "main" else 0.0
                value = np.exp(rng.normal(0.5 * lit, 0.1))
                rows.append(
                    {"method": method, "ses": ses, "urban_class": name, "n": 30, "ratio": value}
                    | {
                        "expected_ratio": 1.0,
                        "log_error": 0.1,
                        "effect_size": value - 1,
                        "p_value": 0.2,
                    }
                    | {"p_value": 0.2, "q_value": 0.01 if lit else 0.6}
                )
    return pd.DataFrame(rows)


def _pairs(rng):
    rows = [
        {"method": method, "ses": ses, "urban_class": "dense", "neighbour_class": name}
        | {"coactivation": rng.uniform(0.8, 1.4), "effect_size": rng.normal(), "p_value": 0.3}
        | {"q_value": rng.random(), "plain_q_value": rng.random() / 4}
        for method in METHODS
        for ses in ("low", "high")
        for name in ("roads", "water")
    ]
    return pd.DataFrame(rows)


def _similarity(rng):
    cascade = ("head", "conv_head", "blocks.0", "conv_stem")
    rows = []
    for kind, names in (("network", ("turned", *NETWORKS[1:])), ("cascade", cascade)):
        for step, against in enumerate(names, start=int(kind == "cascade")):
            for place, method in enumerate((*METHODS, "guided_gradient", "plain_gradient")):
                for target in ("low", "high"):
                    for measure in ("spearman", "ssim", "class_ratios"):
                        mean = 0.9 - 0.2 * step + 0.02 * place + rng.normal(0, 0.01)
                        rows.append(
                            {"fold": 0, "kind": kind, "step": step, "against": against}
                            | {"method": method, "target": target, "measure": measure}
                            | {"n": 20, "mean": mean, "sd": 0.1}
                        )
    return pd.DataFrame(rows)


def _curves(rng):
    orders = [*METHODS, *(f"{name}_turned" for name in METHODS), "random"]
    rows = []
    for tile in range(6):
        for place, order in enumerate(orders):
            for mode in ("deletion", "insertion"):
                for share in (0.0, 0.5, 1.0):
                    end = 1 - share if mode == "deletion" else share
                    bend = 0.2 * (place >= 3) * (share == 0.5) * (1 if mode == "deletion" else -1)
                    rows.append(
                        {"fold": 0, "cell_id": f"cell {tile}", "ses": "low", "order": order}
                        | {"draw": 0, "mode": mode, "share": share}
                        | {"score": end + bend + rng.normal(0, 0.01)}
                    )
    return pd.DataFrame(rows)


def _stability(rng):
    rows = []
    for method in METHODS:
        told = {"method": method, "n_classes": 6}
        for ses in ("low", "high"):
            value = {"spearman": rng.uniform(0.2, 0.9), "ses": ses}
            rows.append(told | value | {"between": "folds", "network": "main", "a": "0", "b": "1"})
            rows += [
                told | value | {"between": "networks", "network": other, "a": "main", "b": other}
                for other in NETWORKS[1:]
            ]
        both = {"ses": "low, high", "between": "ses", "network": "main", "spearman": 0.1}
        rows.append(told | both | {"a": "low", "b": "high"})
    pair = {"method": "guided, gradcam", "between": "methods", "a": "guided", "b": "gradcam"}
    rows.append(pair | {"network": "main", "ses": "low", "n_classes": 6, "spearman": 0.7})
    return pd.DataFrame(rows)


def _mirror():
    cosines = {"guided_gradient": 0.995, "plain_gradient": -1.0, "cam": -1.0, "guided": 0.1}
    rows = [
        {"network": network, "fold": 0, "head": head, "quantity": quantity, "n": 10}
        | {"cosine_mean": scale * cosine, "cosine_sd": 0.0}
        | {"cosine_min": scale * cosine - 0.001, "cosine_max": scale * cosine}
        for network, head, scale in (("main", "binomial", 1.0), ("softmax", "softmax", 0.5))
        for quantity, cosine in cosines.items()
    ]
    empty = {"quantity": "gradcam", "n": 0, "cosine_mean": np.nan, "cosine_sd": np.nan}
    rows.append(
        {"network": "main", "fold": 0, "head": "binomial", "cosine_min": np.nan}
        | {"cosine_max": np.nan}
        | empty
    )
    return pd.DataFrame(rows)
