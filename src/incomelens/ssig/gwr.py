r"""Geographically weighted regression: a linear model whose coefficients change with the place.

.. math:: \hat\beta(u) = \bigl(X^\top W(u) X\bigr)^{-1} X^\top W(u) y, \qquad
          w_i(u) = \bigl(1 - (d_i(u) / b(u))^2\bigr)^2 \text{ if } d_i(u) < b(u), \text{ else } 0

with the distance :math:`d_i(u)` of district i to the place u and an adaptive bisquare kernel: b(u)
is the distance to the k-th nearest training district (Fotheringham, Brunsdon & Charlton 2002). It
is the field's own way to let a city's parts differ.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from sklearn.base import BaseEstimator, RegressorMixin

from incomelens.common.errors import InputError
from incomelens.folds.buffer import places_on_earth
from incomelens.ssig.inner_blocks import PLACES, inner_spatial_folds

NEAR_SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)  # of the training districts, that k is chosen among
RIDGE = 1e-6  # of the mean diagonal; a variable that is constant around a place has no coefficient
ROWS_AT_ONCE = 2_000_000  # of districts times neighbours: 16 MB a variable
Values = NDArray[np.float64]


class GeographicallyWeightedRegression(RegressorMixin, BaseEstimator):
    """GWR of the log income on the census variables, bandwidth by inner spatial folds.

    Inputs are those of ``feature_names("ssig")``; latitude and longitude place the districts and
    have no coefficient. Predictions are medians.
    """

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, X: Values, y: Values) -> "GeographicallyWeightedRegression":
        """Fit to incomes `y` in USD, all positive."""
        if np.any(y <= 0):
            raise InputError("gwr: an income is zero or negative; leave the model out")
        place, design, label = _place(X), self._scaled(X, refit=True), np.log(y)
        fold, errors = inner_spatial_folds(X, self.random_state), dict.fromkeys(NEAR_SHARES, 0.0)
        for number in np.unique(fold):
            own = fold == number
            for share in NEAR_SHARES:
                fitted = local_fit(
                    place[~own], design[~own], label[~own], place[own], design[own], share=share
                )
                errors[share] += float(((fitted - label[own]) ** 2).sum())
        self.share_ = min(errors, key=errors.__getitem__)
        self.place_, self.design_, self.label_ = place, design, label
        return self

    def predict(self, X: Values) -> Values:
        """Predict incomes in USD."""
        known = self.place_, self.design_, self.label_
        return np.exp(local_fit(*known, _place(X), self._scaled(X), share=self.share_))

    def _scaled(self, inputs: Values, *, refit: bool = False) -> Values:
        """Z-scores of the census variables, and a column of ones."""
        columns = np.delete(inputs, PLACES, axis=1)
        if refit:
            self.mean_, self.sd_ = columns.mean(axis=0), columns.std(axis=0)
        scaled = (columns - self.mean_) / np.where(self.sd_ > 0, self.sd_, 1.0)
        return np.column_stack([np.ones(len(scaled)), scaled])


def local_fit(
    known_place: Values,
    known: Values,
    label: Values,
    place: Values,
    design: Values,
    *,
    share: float,
) -> Values:
    """Predictions of the local regressions at some places.

    Parameters
    ----------
    known_place : array of shape (n, d)
        Of the training districts, km.
    known : array of shape (n, p)
        Their variables, a constant among them.
    label : array of shape (n,)
    place, design : arrays of shapes (m, d), (m, p)
        Where to predict.
    share : float
        Of the training districts within the kernel; at least two for each variable.

    Returns
    -------
    array of shape (m,)
    """
    n, p = known.shape
    near = min(n, max(int(np.ceil(share * n)), 2 * p))
    tree, parts = cKDTree(known_place), []
    for rows in np.array_split(np.arange(len(place)), max(1, len(place) * near // ROWS_AT_ONCE)):
        distance, index = tree.query(place[rows], k=near)
        # As mgwr has it: the last one is a hair inside, lest a kernel of one place be empty.
        edge = (1 + 1e-7) * np.maximum(distance[:, -1:], 1e-9)
        weight = (1 - (distance / edge) ** 2) ** 2
        local = known[index]
        weighted = local * weight[:, :, None]
        normal = np.einsum("mkp,mkq->mpq", weighted, local)
        scale = np.trace(normal, axis1=1, axis2=2) / p
        normal += RIDGE * scale[:, None, None] * np.eye(p)
        right = np.einsum("mkp,mk->mp", weighted, label[index])
        coefficients = np.linalg.solve(normal, right[:, :, None])[:, :, 0]
        parts.append((coefficients * design[rows]).sum(axis=1))
    return np.concatenate(parts)


def _place(inputs: Values) -> Values:
    latitude, longitude = inputs[:, PLACES].T
    return places_on_earth(longitude, latitude)
