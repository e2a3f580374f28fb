"""Where what the jobs of one stage make is found by those of another.

What Snakemake calls wildcards, names of one job by key, is a mapping here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from incomelens.common.names import MAIN, SHUFFLED
from incomelens.study.identities import Study

VALUES = "<results>/shapley/{level}-{income}-{mode}.parquet"
MODEL_SETTINGS = (
    *("models", "double_ridge", "missing", "embedding", "fine_tuning", "training", "final"),
    *("inner_folds", "ablation", "device"),
)
"""What the image-and-price models depend on; the inputs' own settings are no business of theirs."""


@dataclass(frozen=True, eq=False)
class Results:
    """Files of the study's cities, levels, tasks and modalities."""

    study: Study

    # --- Cities

    def cells(self, wildcards: Mapping[str, str]) -> str:
        """The cells of a city; imagery of a further date shows the same."""
        city = wildcards["city"]
        return f"<results>/cells/{self.study.first_date.get(city, city)}.parquet"

    def land_use(self, wildcards: Mapping[str, str]) -> str:
        """Land use in the cells of a city."""
        return self.cells(wildcards).replace(".parquet", "-land_use.parquet")

    def shards(self, *cities: str) -> list[str]:
        """The shards that the tiles of some cities are cut in."""
        number = {city: self.study.config["city"][city]["shards"] for city in cities}
        return [
            f"<results>/tiles/{city}/{shard}.zarr"
            for city in cities
            for shard in range(number[city])
        ]

    def tiles(self, wildcards: Mapping[str, str]) -> dict[str, Any]:
        """The tiles of a city, as whoever reads them needs them."""
        city = wildcards["city"]
        return {"index": f"<results>/tiles/{city}/index.parquet", "shards": self.shards(city)}

    def views(self, wildcards: Mapping[str, str]) -> dict[str, str]:
        """What the backbone of a network sees, where it is frozen and the same in every fold.

        Networks of one backbone share them.
        """
        networks = self.study.network_settings
        own = _backbone(networks[wildcards["network"]])
        if not self.study.config["inference"]["training"]["frozen"] or own[-1] == "none":
            return {}
        first = next(name for name in (MAIN, *networks) if _backbone(networks[name]) == own)
        return {
            "views": f"<results>/inference/{wildcards['city']}/frozen_views-{first}.safetensors"
        }

    def points(self, wildcards: Mapping[str, str]) -> dict[str, str]:
        """Annotated points of a city, and its cells; nothing where it has none."""
        city = wildcards["city"]
        if not self.study.points(city):
            return {}
        return {
            "points": f"<results>/cells/{city}-points.parquet",
            "cells": f"<results>/cells/{city}.parquet",
        }

    def with_points(self, pattern: str) -> list[str]:
        """One path for each city with annotated points."""
        return [pattern.format(city=city) for city in self.study.cities if self.study.points(city)]

    def second_null_of_points(self, scheme: str) -> list[str]:
        """Maps on points of the network that learnt from shuffled labels, one table a city.

        That network is tried under the first folds alone, and where reliance is judged.
        """
        if not self.study.judges_reliance or scheme != self.study.city_schemes[0]:
            return []
        return self.with_points(f"<results>/topology/{{city}}/{scheme}-{SHUFFLED}/points.csv")

    def features(self, wildcards: Mapping[str, str]) -> list[str]:
        """Features of a backbone as it comes, where the baselines ask for them.

        Of the city's tiles; with ``inference.frozen_features.dates: all`` of all its dates.
        """
        inference = self.study.config["inference"]
        if "frozen_ridge" not in inference["baselines"]:
            return []
        city = wildcards["city"]
        cities = [city]
        if inference["frozen_features"]["dates"] == "all":
            first = self.study.first_date.get(city, city)
            cities = [*self.study.dates.get(first, {"": city}).values()]
        return [f"<results>/inference/{one}/frozen_features.parquet" for one in cities]

    def of_dates(self, pattern: str, city: str) -> list[str]:
        """One path a date of a city, under the folds of models that are tried elsewhere."""
        scheme = self.study.transfer_scheme
        dates = self.study.dates.get(city, {}).values()
        return [pattern.format(city=one, scheme=scheme) for one in dates]

    def models_of_dates(self, city: str, name: str) -> list[str]:
        """Weights, or settings, of the main network of every date and fold of a city."""
        scheme = self.study.transfer_scheme
        dates = self.study.dates.get(city, {}).values()
        files = [self.models({"city": one, "scheme": scheme})[name] for one in dates]
        return [path for of_date in files for path in of_date]

    @property
    def folds(self) -> range:
        """Numbers of the folds of a city."""
        return range(self.study.config["folds"]["cities"]["n_folds"])

    def fold_models(self, city: str, scheme: str, network: str, file: str) -> list[str]:
        """One file, such as weights.safetensors, of the model of every fold."""
        place = f"<results>/inference/{city}/{scheme}/{network}"
        return [f"{place}/{fold}/{file}" for fold in self.folds]

    def models(
        self, wildcards: Mapping[str, str], networks: Sequence[str] | None = None
    ) -> dict[str, list[str]]:
        """What predicting with the models of a city needs.

        Parameters
        ----------
        wildcards : mapping
            `city`; `scheme`, else that of models which are tried elsewhere; `network`, else main.
        networks : sequence of str, optional
            Instead of the one network: all models of the first, then all of the second, ...
        """
        scheme = wildcards.get("scheme", self.study.transfer_scheme)
        networks = [wildcards.get("network", "main")] if networks is None else networks
        files = {"weights": "weights.safetensors", "settings": "model.json"}
        return {
            name: [
                path
                for network in networks
                for path in self.fold_models(wildcards["city"], scheme, network, file)
            ]
            for name, file in files.items()
        }

    def histories(self, wildcards: Mapping[str, str]) -> list[str]:
        """What the best fold is chosen by, where one model explains the whole city."""
        if self.study.config["attribution"]["model_choice"] == "out_of_fold":
            return []
        network = wildcards.get("network", "main")
        return self.fold_models(wildcards["city"], wildcards["scheme"], network, "history.csv")

    def inferred(self, file: str, *schemes: str) -> list[str]:
        """A table of the stage inference, of every city under these schemes, else under all."""
        return [
            f"<results>/inference/{city}/{scheme}/{file}"
            for city in self.study.cities
            for scheme in schemes or self.study.city_schemes
        ]

    def drawn(self, stem: str, *cities: str) -> list[str]:
        """A figure of the aerial paper, with its meaning, for these cities, else for all."""
        return [
            f"<results>/paper/aerial/{stem}_{city}.{form}"
            for city in cities or self.study.cities
            for form in ("pdf", "png", "json")
        ]

    def of_transfer(self, pattern: str) -> list[str]:
        """One path a city that models are tried on, under the folds of that."""
        scheme = self.study.transfer_scheme
        return [pattern.format(city=city, scheme=scheme) for city in self.study.transfer_cities]

    # --- Districts

    def of_predicted(self, *patterns: str) -> list[str]:
        """One path a task that is predicted, of each pattern."""
        return [
            pattern.format(level=level, income=income, scheme=scheme)
            for level, income, scheme in self.study.predicted_tasks
            for pattern in patterns
        ]

    def of_modes(self, pattern: str) -> list[str]:
        """One path an explained mode, of the level and income of a rule."""
        return [pattern.replace("{mode}", mode) for mode in self.study.shapley_modes]

    def of_explained(self, pattern: str) -> list[str]:
        """One path an explained task."""
        return [pattern.format(**task) for task in self.study.explained_tasks]

    def of_figure(self, number: int) -> dict[str, Any]:
        """What a figure of Shapley values is drawn from.

        The rule of a figure stands in every study: where there is nothing to show, its job says so.
        """
        task = self.study.shown_in_figure(number)
        districts, values = [], []
        if task is not None:
            level, income = task
            districts = [f"<results>/districts/{level}.parquet"]
            values = [VALUES.format(level=level, income=income, mode=self.study.figure_mode)]
        return {
            "districts": districts,
            "shap": values,
            "groups": "<results>/shapley/groups.csv",
            "variables": "<results>/shapley/variables.csv",
        }

    def figure_settings(self, number: int) -> dict[str, Any]:
        """What the module of these figures is told."""
        level, income = self.study.figure_tasks.get(number, ("none", "none"))
        return {
            "number": number,
            "level": level,
            "income": income,
            "mode": self.study.figure_mode,
            "colours": self.study.config["figures"]["colours"],
            "levels": self.study.level_names,
        }

    # --- Prices and images of districts

    def of_baselines(self, file: str) -> list[str]:
        """A table of the baselines, where the study has a modality."""
        return [f"<results>/siamese/{file}"] if self.study.modalities else []

    def baseline_inputs(self) -> list[str]:
        """What the baselines read, of every modality and level."""
        levels = self.study.levels
        prices = [f"<results>/siamese/prices-{level}.parquet" for level in levels]
        images = [
            f"<results>/siamese/images-{modality}-{level}.{ending}"
            for modality in self.study.image_modalities
            for level in levels
            for ending in ("zarr", "csv")
        ]
        return [*(prices if "prices" in self.study.modalities else []), *images]

    def seen_of_districts(self) -> dict[str, list[str]]:
        """What the districts of a rule's level show; images only where a backbone learns."""
        prices = ["<results>/siamese/prices-{level}.parquet"]
        learns = self.study.config["siamese"]["fine_tuning"]["epochs"] > 0
        return {
            "prices": prices if "prices" in self.study.modalities else [],
            "embeddings": self._of_images("embeddings", "parquet"),
            "images": self._of_images("images", "zarr") if learns else [],
        }

    def _of_images(self, kind: str, ending: str) -> list[str]:
        place = f"<results>/siamese/{kind}"
        return [
            f"{place}-{modality}-{{level}}.{ending}" for modality in self.study.image_modalities
        ]

    def baseline_settings(self) -> dict[str, Any]:
        """Settings that the baselines' models depend on."""
        return {key: self.study.config["siamese"][key] for key in MODEL_SETTINGS}


def _backbone(network: Mapping[str, str]) -> tuple[str, ...]:
    """What decides the pooled maps that a network's head is given."""
    return network["backbone"], network["pool"], network["weights"]
