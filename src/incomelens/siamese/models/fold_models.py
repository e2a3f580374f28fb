"""The five models of one fold, on one encoder.

What several models need is made once: the network without place, the one with it, and the columns
of the training districts that are out of an inner fold.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from incomelens.common.seeds import job_rng, job_seed
from incomelens.folds.buffer import outside_buffer, widest_buffer
from incomelens.siamese.models.final_stages import (
    FinalSettings,
    components,
    fit_first_stage,
    fit_matern,
    forest,
    ridge,
)
from incomelens.siamese.models.inner_folds import inner_folds
from incomelens.siamese.models.modalities import PLACE, Shown, place_of
from incomelens.siamese.models.pair_model import PairModel, fit_pair_model
from incomelens.siamese.models.pair_training import PairSettings
from incomelens.siamese.names import DOUBLE_RIDGE, baseline
from incomelens.ssig.additive import FittedSum
from incomelens.ssig.features import Sample
from incomelens.ssig.gp import FittedGP
from incomelens.ssig.prediction import predict_income

Columns = dict[str, NDArray[np.float64]]
NO_INTERVAL = np.nan


class Predicted(NamedTuple):
    """Predictions of one model for held-out districts.

    Attributes
    ----------
    model, variant : str
    mean, sd : arrays of shape (n,)
        Z-scored income; the SD is NaN where the model gives none.
    log_marginal_likelihood : float
    converged : bool
    process : str, optional
        Name of a Gaussian process that rests on inducing points.
    """

    model: str
    variant: str
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    log_marginal_likelihood: float = np.nan
    converged: bool = True
    process: str | None = None


@dataclass(frozen=True)
class Settings:
    """How the baselines are fitted.

    Attributes
    ----------
    pairs : PairSettings
    final : FinalSettings
    double_ridge : sequence of {"joint", "per_modality"}
        Readings of the last model.
    inner_folds : int
    flags_missing : bool
        Whether districts without a modality stay in (`siamese.missing: mean`).
    device : str
    """

    pairs: PairSettings = field(default_factory=PairSettings)
    final: FinalSettings = field(default_factory=FinalSettings)
    double_ridge: Sequence[str] = ("joint", "per_modality")
    inner_folds: int = 3
    flags_missing: bool = False
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))


@dataclass(frozen=True)
class FoldModels:
    """Models that learn from the rows `training` of a sample and nothing else of it.

    Attributes
    ----------
    sample : Sample
    shown : Shown
    modalities : tuple of str
        What the networks read.
    training, held_out : arrays
        Rows of the sample.
    scheme : str
        Of the outer folds.
    settings : Settings
    seed : int
    """

    sample: Sample
    shown: Shown
    modalities: tuple[str, ...]
    training: NDArray[np.int64]
    held_out: NDArray[np.int64]
    scheme: str
    settings: Settings
    seed: int

    def predict(self, model: str) -> Iterator[Predicted]:
        """Predict the held-out districts by one of the five models, in each of its readings."""
        described = baseline(model)
        if described.final_stage == "pairs":
            network = self.with_place if described.has_place else self.without_place
            yield self._plain(model, "main", network.predict(self._arrays(network, self.held_out)))
        elif described.final_stage == "forest":
            yield self._plain(model, "main", self._by_forest())
        elif described.final_stage == "gp":
            yield self._by_gp(model)
        else:
            for reading in self.settings.double_ridge:
                found = self._plain(model, DOUBLE_RIDGE[reading], self._by_double_ridge(reading))
                yield found._replace(process=self.of_place.process)

    # ------------------------------------------------------------ what several models share

    @cached_property
    def place(self) -> NDArray[np.float64]:
        """Latitude and longitude of all districts of the sample, degrees."""
        return place_of(self.sample)

    @cached_property
    def label(self) -> NDArray[np.float64]:
        """Z-scored income of the training districts."""
        income = self.sample.income[self.training]
        return (income - income.mean()) / income.std()

    @cached_property
    def without_place(self) -> PairModel:
        """The network that does not read the place: what four of the five models share."""
        return self._fit("without place", self.modalities)

    @cached_property
    def with_place(self) -> PairModel:
        """The network with a branch for the place."""
        return self._fit("with place", (*self.modalities, PLACE))

    @cached_property
    def features(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Features z of the training and of the held-out districts."""
        network = self.without_place
        training, held_out = (
            network.features(self._arrays(network, rows)) for rows in (self.training, self.held_out)
        )
        return training, held_out

    @cached_property
    def inner(self) -> Columns:
        """First-stage predictions of the training districts, each out of its inner fold."""
        fold = inner_folds(
            self.sample,
            self.training,
            scheme=self.scheme,
            n_folds=self.settings.inner_folds,
            rng=job_rng(self.seed, "inner folds"),
        )
        # Inner folds keep the distance of outer ones, or their columns would look too good.
        place = self.sample.place
        buffer = widest_buffer(place[self.training], fold, wanted_km=self.sample.buffer_km)
        columns: Columns = {}
        for number in np.unique(fold):
            others, held_out = self.training[fold != number], self.training[fold == number]
            inside = FoldModels(
                self.sample,
                self.shown,
                self.modalities,
                outside_buffer(place, others, held_out, buffer_km=buffer),
                held_out,
                self.scheme,
                self.settings,
                job_seed(self.seed, "inner", number),
            )
            # Inner models see a label of other mean and spread: put theirs on this fold's scale.
            for name, values in inside.first_stage.items():
                column = columns.setdefault(name, np.empty(len(self.training)))
                column[fold == number] = self._rescaled(values, inside)
        return columns

    @cached_property
    def first_stage(self) -> Columns:
        """First-stage predictions of the held-out districts: by pairs, by ridge, by place."""
        network = self.without_place
        training, held_out = map(network.branch_features, self.features)
        by_pairs = [
            network.predict(self._arrays(network, rows)) for rows in (self.training, self.held_out)
        ]
        ridges = fit_first_stage(training, by_pairs[0], self.label)
        return {
            "pairs": by_pairs[1],
            **ridges.columns(held_out, by_pairs[1]),
            "place": predict_income(self.of_place, self.place[self.held_out]).mean,
        }

    @cached_property
    def of_place(self) -> FittedGP | FittedSum:
        """Gaussian process of the place alone."""
        rng = job_rng(self.seed, "place")
        return fit_matern(self.place[self.training], self.label, self.settings.final, rng=rng)

    # ------------------------------------------------------------ final stages

    def _by_forest(self) -> NDArray[np.float64]:
        """Forest on z and the prediction by pairs, the latter out of inner folds in training."""
        training, held_out = (
            np.column_stack([features, pairs, *self._place_columns(rows)])
            for features, pairs, rows in (
                (self.features[0], self.inner["pairs"], self.training),
                (self.features[1], self.first_stage["pairs"], self.held_out),
            )
        )
        seed = job_seed(self.seed, "forest")
        return forest(self.settings.final.trees, seed).fit(training, self.label).predict(held_out)

    def _by_gp(self, model: str) -> Predicted:
        """Gaussian process on principal components of z, and place."""
        reduced = components(self.features[0], self.settings.final.components)
        training, held_out = (
            np.column_stack([reduced.transform(features), *self._place_columns(rows)])
            for features, rows in zip(self.features, (self.training, self.held_out), strict=True)
        )
        rng = job_rng(self.seed, "feature gp")
        fitted = fit_matern(training, self.label, self.settings.final, rng=rng)
        prediction = predict_income(fitted, held_out)
        return Predicted(
            model,
            "main",
            prediction.mean,
            prediction.sd,
            fitted.log_marginal_likelihood,
            fitted.converged,
            fitted.process,
        )

    def _by_double_ridge(self, reading: str) -> NDArray[np.float64]:
        """Second ridge over the first stage's predictions, which are out of fold in training."""
        names = ["ridge", "place"]
        if reading == "per_modality":
            names = [*(f"ridge_{name}" for name in self.modalities), "place"]
        training, held_out = (
            [columns[name] for name in names] for columns in (self.inner, self.first_stage)
        )
        if reading == "joint" and "prices" in self.modalities:
            network = self.without_place
            for columns, rows in ((training, self.training), (held_out, self.held_out)):
                scaled = network.scaling.scaled(self._arrays(network, rows))
                columns.append(scaled["prices"].astype(np.float64))
        second = ridge().fit(np.column_stack(training), self.label)
        return second.predict(np.column_stack(held_out))

    # ------------------------------------------------------------ small things

    def _fit(self, name: str, branches: Sequence[str]) -> PairModel:
        return fit_pair_model(
            self._rows(branches, self.training),
            self.label,
            self.settings.pairs,
            flags_missing=self.settings.flags_missing,
            seed=job_seed(self.seed, name),
            device=self.settings.device,
        )

    def _arrays(self, network: PairModel, rows: NDArray[np.int64]) -> Mapping[str, NDArray]:
        return self._rows(list(network.scaling.projections), rows)

    def _rows(self, branches: Sequence[str], rows: NDArray[np.int64]) -> dict[str, NDArray]:
        arrays = {**self.shown.of(self.training), PLACE: self.place}
        return {name: arrays[name][rows] for name in branches}

    def _place_columns(self, rows: NDArray[np.int64]) -> list[NDArray[np.float64]]:
        return [self.place[rows]] if self.settings.final.place_as_columns else []

    def _rescaled(self, values: NDArray[np.float64], inside: "FoldModels") -> NDArray[np.float64]:
        outer, inner = (self.sample.income[rows] for rows in (self.training, inside.training))
        return (values * inner.std() + inner.mean() - outer.mean()) / outer.std()

    def _plain(self, model: str, variant: str, mean: NDArray[np.float64]) -> Predicted:
        return Predicted(model, variant, mean, np.full(len(mean), NO_INTERVAL))
