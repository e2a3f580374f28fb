"""How large a job is: what its processor time, its memory and its disk grow with.

Of every rule whose costs grow, the quantities whose product they grow with, beside a start that
every job has. Rules that are not named cost about the same whatever the size of the study.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from incomelens.common.names import MAIN, SHUFFLED
from incomelens.report.costs.counts import Counts
from incomelens.report.costs.planned import Job

Product = tuple[str, ...]
"""Names of quantities that are multiplied; none where a cost does not grow."""

KINDS = ("network", "maps", "mode")
"""What tells jobs of a rule apart beside their size: network, also the maps' methods, a mode."""


@dataclass(frozen=True)
class Growing:
    """What the costs of a rule's jobs grow with.

    Attributes
    ----------
    processor, memory, disk : tuple of str
        Quantities that are multiplied.
    kind : str
        One of :data:`KINDS`; empty where all jobs of the rule are alike.
    """

    processor: Product
    memory: Product = ()
    disk: Product = ()
    kind: str = ""

    @property
    def names(self) -> list[str]:
        """All quantities, each once."""
        return list(dict.fromkeys((*self.processor, *self.memory, *self.disk)))


@dataclass(frozen=True)
class Size:
    """What a job is of, and how large.

    Attributes
    ----------
    family : str
        Its rule, or one that does the same.
    kind : str
        Such as the network; empty where all are alike.
    quantities : mapping of str to float
        Those that its costs grow with.
    """

    family: str
    kind: str
    quantities: Mapping[str, float]

    def product(self, cost: str) -> float:
        """What one of its costs (processor, memory, disk) is proportional to, beside a start."""
        growing = GROWING.get(self.family, CONSTANT)
        return prod(self.quantities[name] for name in getattr(growing, cost))


CONSTANT = Growing(())
IMAGES = ("cells", "pixels")
# Of a process: the districts that it learns from, and those (or inducing points) that it rests on.
LEARNING = ("learnt_on", "learnt_on", "learnt_on")
COVARIANCES = ("districts", "support")
GROWING: dict[str, Growing] = {
    "make_demo_cities": Growing(("made_cells", "pixels"), disk=("made_cells", "pixels")),
    "make_demo_homes": Growing(("districts",), disk=("districts",)),
    "build_cells": Growing(("cells",), disk=("cells",)),
    "place_points": Growing(("cells",), disk=("cells",)),
    "plan_tiles": Growing(("cells",), disk=("cells",)),
    "cut_tiles": Growing(("shard_cells", "pixels"), disk=("shard_cells", "pixels")),
    "index_tiles": Growing(IMAGES, disk=("cells",)),
    "assign_city_folds": Growing(("cells",), disk=("cells",)),
    "take_city_folds": Growing(("cells",), disk=("cells",)),
    "train_network": Growing(("shown", "pixels"), memory=("batch", "pixels"), kind="network"),
    "predict_cells": Growing(
        IMAGES, memory=("predicted_batch", "pixels"), disk=("cells",), kind="network"
    ),
    "extract_features": Growing(("cells", "pixels", "looks"), disk=("cells",), kind="network"),
    "extract_views": Growing(IMAGES, disk=("cells",), kind="network"),
    "predict_baselines": Growing(IMAGES, disk=("cells",)),
    "predict_transfer": Growing(("all_cells", "pixels"), disk=("all_cells",), kind="network"),
    "predict_dates": Growing(IMAGES, disk=("cells",), kind="network"),
    "evaluate_predictions": Growing(("cells",), disk=("cells",)),
    "attribute_cells": Growing(
        ("cells", "pixels", "turns"),
        memory=("explained_batch", "pixels"),
        disk=("cells", "turns"),
        kind="maps",
    ),
    "occlude_classes": Growing(IMAGES, disk=("cells",), kind="network"),
    "compare_networks": Growing(("probed", "pixels")),
    "draw_curves": Growing(("probed", "pixels", "steps"), kind="network"),
    "measure_activation": Growing(("cells", "draws"), disk=("cells",)),
    "measure_occlusion": Growing(("cells", "draws"), disk=("cells",)),
    "judge_hypotheses": Growing(("all_cells", "draws")),
    "build_districts": Growing(("districts",), disk=("districts",)),
    "cross_validate_gps": Growing(
        ("folds", "starts", *LEARNING), memory=COVARIANCES, disk=("districts",)
    ),
    "cross_validate_references": Growing(("districts",), disk=("districts",)),
    "fit_gp": Growing(("starts", *LEARNING), memory=COVARIANCES, disk=("districts",), kind="mode"),
    "score_fold_seeds": Growing(("partitions", "folds", "starts", *LEARNING), memory=COVARIANCES),
    "explain_income": Growing((*COVARIANCES, "background"), disk=("districts",), kind="mode"),
    "measure_shapley_interactions": Growing(("interacting", "support", "background")),
    "measure_shapley_uncertainty": Growing(
        ("varied", "support", "support"), memory=("support", "support")
    ),
    "compare_backgrounds": Growing(("compared", "support", "background")),
    "embed_images": Growing(("districts",), disk=("districts",)),
    "cut_satellite_images": Growing(("districts",), disk=("districts",)),
    "collect_street_views": Growing(("districts",), disk=("districts",)),
    "measure_prices": Growing(("districts",), disk=("districts",)),
    "cross_validate_baselines": Growing(("districts",), disk=("districts",)),
}
SAME = {
    "attribute_network": "attribute_cells",
    "measure_network_activation": "measure_activation",
    "measure_network_points": "measure_points",
}
"""Rules that do what another does, of other networks."""


def size_of(job: Job, config: Mapping[str, Any], counts: Counts) -> Size:
    """Say how large a job is.

    Parameters
    ----------
    job : Job
    config : mapping
        The study's configuration, as resolved.
    counts : Counts
    """
    family = SAME.get(job.rule, job.rule)
    growing = GROWING.get(family)
    if growing is None:
        return Size(family, "", {})
    known = _quantities(job.wildcards, config, counts)
    quantities = {name: float(known[name]) for name in growing.names}
    return Size(family, _kind(growing.kind, job.wildcards, config), quantities)


def _quantities(
    wildcards: Mapping[str, str], config: Mapping[str, Any], counts: Counts
) -> dict[str, float]:
    city, level = wildcards.get("city"), wildcards.get("level")
    all_cells, all_districts = sum(counts.cells.values()), sum(counts.districts.values())
    cells = counts.cells.get(city, all_cells)
    training, shapley = config["inference"]["training"], config["shapley"]
    made = config["demo"]["cities"].values()
    seeds = config["ssig"]["fold_seeds"]
    n_folds = config["folds"]["cities"]["n_folds"]
    districts = counts.districts.get(level, all_districts)
    approximation = config["ssig"]["approximation"]
    exact = districts <= approximation["exact_districts"]
    return {
        "cells": cells,
        "all_cells": all_cells,
        "made_cells": sum(one["cells_wide"] * one["cells_high"] for one in made),
        "shard_cells": cells / config["city"].get(city, {}).get("shards", 1),
        "pixels": config["tiles"]["tile_px"] ** 2,
        "shown": training["epochs"] * (training["samples_per_epoch"] or cells * (1 - 1 / n_folds)),
        "batch": training["batch_size"],
        "predicted_batch": config["inference"]["prediction_batch"],
        "explained_batch": config["attribution"]["batch_size"],
        "looks": config["inference"]["frozen_features"]["turns"],
        "turns": config["attribution"]["turns"],
        "draws": config["topology"]["draws"],
        "probed": config["validation"]["tiles"],
        "steps": config["validation"]["steps"],
        "districts": districts,
        "learnt_on": districts if exact else approximation["learnt_on"],
        "support": districts if exact else approximation["inducing_points"],
        "folds": config["folds"]["n_folds"],
        "starts": config["ssig"]["starts"],
        "partitions": seeds["seeds"] * len(seeds["n_blocks"]),
        "background": shapley["background"]["size"],
        "interacting": shapley["interaction_districts"] or districts,
        "varied": shapley["variance_districts"] or districts,
        "compared": shapley["backgrounds"] * shapley["background_districts"],
    }


def _kind(kind: str, wildcards: Mapping[str, str], config: Mapping[str, Any]) -> str:
    if not kind:
        return ""
    if kind == "mode":
        return wildcards["mode"]
    name = wildcards.get("network", MAIN)
    settings = config["inference"]["networks"][MAIN if name == SHUFFLED else name]
    words = [_architecture(settings["backbone"])]
    if config["inference"]["training"]["frozen"]:
        words.append("head alone")
    if kind == "maps":
        words += sorted(config["attribution"]["methods"])
    return ", ".join(words)


def _architecture(backbone: str) -> str:
    """Name of what a network computes, whoever trained it: tf_efficientnet_b0.in1k is B0."""
    return re.sub(r"^tf_", "", backbone.split(".", maxsplit=1)[0])
