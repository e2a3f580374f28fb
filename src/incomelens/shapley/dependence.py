r"""Partial dependence: what one player alone does to the predictions, term by term, how surely.

At a place a of player j it is what the Shapley game says of that player alone,

.. math:: v(\{j\}) - v(\emptyset) = \sum_z w_z \left[ f(a, z_{\bar j}) - f(z) \right],

the average over background points whose columns of j are set to a, beside the average as they are.
It is linear in f, so that with f drawn from the posterior it is a Gaussian variable, and so is what
every term of a sum adds to it. The kernel itself is used, not its mixture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist

from incomelens.common.errors import InputError
from incomelens.shapley.background import Background
from incomelens.shapley.evidence import evidence_of
from incomelens.shapley.inputs import GaussianProcessMean, Part, SumMean, checked_matrix

LINEAR = "linear"
_PLACES = 4096  # at once; bounds the memory


@dataclass(frozen=True)
class PartialDependence:
    """Effect of one player at some places, in SD units of the label.

    Attributes
    ----------
    mean, variance : arrays of shape (n_places,)
        Of the whole.
    term_mean, term_variance : arrays of shape (n_places, n_terms)
        Of the terms that read the player's columns. Their means add up; their variances do not,
        since the data know the sum of the terms better than each.
    terms : tuple of str
        Names of these terms.
    """

    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    term_mean: NDArray[np.float64]
    term_variance: NDArray[np.float64]
    terms: tuple[str, ...]


class Posterior:
    """What the data say of linear functionals of f, prepared once for all players.

    Parameters
    ----------
    model : GaussianProcessMean or SumMean
    background : Background
    noise, precision
        Of the labels, as for :func:`incomelens.shapley.evidence.evidence_of`.
    """

    def __init__(
        self,
        model: GaussianProcessMean | SumMean,
        background: Background,
        noise: float | ArrayLike | None = None,
        *,
        precision: ArrayLike | None = None,
    ) -> None:
        checked_matrix("background", background.points, model.n_columns)
        self.model = model
        self.background = background
        self._evidence = evidence_of(model, noise=noise, precision=precision)

    def partial_dependence(self, columns: tuple[int, ...], places: ArrayLike) -> PartialDependence:
        """Effect of the player who brings some columns, at places of these.

        Parameters
        ----------
        columns : tuple of int
        places : array of shape (n_places, n_columns of the player)
            In the units of the training inputs.

        Returns
        -------
        PartialDependence

        Raises
        ------
        InputError
            If the model does not read the columns.
        """
        places = checked_matrix("places", places, len(columns))
        starts = range(0, len(places), _PLACES)
        parts = [self._effect(columns, places[start : start + _PLACES]) for start in starts]
        arrays = ("mean", "variance", "term_mean", "term_variance")
        joined = [np.concatenate([getattr(part, name) for part in parts]) for name in arrays]
        return PartialDependence(*joined, parts[0].terms)

    def _effect(self, columns: tuple[int, ...], places: NDArray[np.float64]) -> PartialDependence:
        terms = [
            (part.name, *self._of_part(part, columns, places))
            for part in self.model.parts
            if set(columns) & set(part.columns)
        ]
        if self.model.linear_variance[list(columns)].any():
            terms.insert(0, (LINEAR, *self._linear(columns, places)))
        if not terms:
            raise InputError(f"columns {list(columns)}: no term of the model reads them")
        names, covariances, priors = zip(*terms, strict=True)
        mean, variance = self._conditioned(sum(covariances), sum(priors))
        of_terms = [self._conditioned(*term) for term in zip(covariances, priors, strict=True)]
        term_mean, term_variance = (
            np.column_stack(column) for column in zip(*of_terms, strict=True)
        )
        return PartialDependence(mean, variance, term_mean, term_variance, names)

    def _conditioned(
        self, covariance: NDArray[np.float64], prior: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Posterior mean and variance; rounding may leave a variance below zero."""
        variance = prior - self._evidence.explained(covariance)
        return covariance @ self.model.alpha, np.maximum(variance, 0.0)

    def _linear(
        self, columns: tuple[int, ...], places: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Of the linear term: covariance with labels, (n_places, n_train), and prior variance."""
        chosen, background = list(columns), self.background
        away = places - background.weights @ background.points[:, chosen]
        scaled = away * self.model.linear_variance[chosen]
        return scaled @ self.model.train_inputs[:, chosen].T, (scaled * away).sum(axis=1)

    def _of_part(
        self, part: Part, columns: tuple[int, ...], places: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Covariance with the labels, (n_places, n_train), and prior variance, of one term."""
        model, weights = part.model, self.background.weights
        moved = [place for place, column in enumerate(part.columns) if column in columns]
        kept = [place for place in range(len(part.columns)) if place not in moved]
        read = [columns.index(part.columns[place]) for place in moved]
        at = places[:, read] / np.asarray(model.lengthscale)[moved]
        points = self.background.points[:, part.columns] / model.lengthscale
        train = model.train_inputs / model.lengthscale

        def between(others: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
            """Kernel of moved background points with others, (n_places, n_others), and of kept."""
            rest = _squared(points[:, kept], others[:, kept])
            as_it_is = rest + _squared(points[:, moved], others[:, moved])
            # One place at a time: together they would fill the memory.
            averages = [
                weights @ model.kernel(np.sqrt(rest + away))
                for away in _squared(at, others[:, moved])
            ]
            return np.stack(averages), weights @ model.kernel(np.sqrt(as_it_is))

        with_train, without = between(train)
        with_points, between_points = between(points)
        # Both moved to the same place: only the other columns are apart.
        both = weights @ model.kernel(np.sqrt(_squared(points[:, kept], points[:, kept]))) @ weights
        prior = both - 2 * with_points @ weights + between_points @ weights
        scale = model.outputscale
        return scale * (with_train - without), scale * prior


def _squared(one: NDArray[np.float64], two: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared distances; zero between points without columns."""
    if one.shape[1] == 0:
        return np.zeros((len(one), len(two)))
    return cdist(one, two, "sqeuclidean")
