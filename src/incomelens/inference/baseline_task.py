"""What a baseline is given of one fold, and what it gives back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from incomelens.cells.places import Places
from incomelens.inference.metrics import N_CLASSES
from incomelens.inference.streams import TileSource

STRENGTHS = np.logspace(-1, 5, 9)  # of ridge penalties, for standardised features


@dataclass(frozen=True)
class FoldTask:
    """One fold as a baseline sees it. No label of a held-out cell is in here.

    Attributes
    ----------
    train, held_out : arrays of str, shapes (n_train,) and (n_held_out,)
        Cell ids, sorted.
    train_class : int array of shape (n_train,)
        Income classes 1..5.
    train_fold : int array of shape (n_train,)
        Fold of every training cell, for inner cross-validation.
    rng : Generator
        Of this model and fold.
    train_unit : int array of shape (n_train,), optional
        With which each training cell shares its label; without it each has one of its own.
    train_places, held_out_places : Places, optional
        Where these cells lie; models that ask for no neighbour do without.
    tiles : TileSource, optional
        Where images come from; models that look at no image do without.
    """

    train: NDArray[np.str_]
    train_class: NDArray[np.int64]
    train_fold: NDArray[np.int64]
    held_out: NDArray[np.str_]
    rng: np.random.Generator
    train_unit: NDArray[np.int64] | None = None
    train_places: Places | None = None
    held_out_places: Places | None = None
    tiles: TileSource | None = None


@dataclass(frozen=True)
class Guess:
    """Predictions for the held-out cells of a fold, in their order.

    Attributes
    ----------
    predicted : int array of shape (n_held_out,)
        Income classes 1..5.
    p : float array of shape (n_held_out,)
        (Expected class − 1) / 4.
    probabilities : float array of shape (n_held_out, 5), or None
    """

    predicted: NDArray[np.int64]
    p: NDArray[np.float64]
    probabilities: NDArray[np.float64] | None = None


def guess_from_expected(expected: NDArray[np.float64]) -> Guess:
    """Round expected classes to classes, both kept within 1..5; no probabilities."""
    within = np.clip(expected, 1, N_CLASSES)
    return Guess(np.rint(within).astype(np.int64), (within - 1) / (N_CLASSES - 1))


def guess_by_ridge(
    task: FoldTask, train: NDArray[np.float64], held_out: NDArray[np.float64]
) -> Guess:
    """Ridge regression of the class on features, rounded to classes.

    Parameters
    ----------
    task : FoldTask
    train, held_out : arrays of shapes (n_train, n_features) and (n_held_out, n_features)
    """
    model = ridge_by_folds(task.train_fold).fit(train, task.train_class)
    return guess_from_expected(model.predict(held_out))


def ridge_by_folds(train_fold: NDArray[np.int64]) -> Pipeline:
    """Ridge on standardised features, its strength chosen by leaving out one training fold a time.

    So the choice follows the outer scheme (deviation `inner_split`): under spatial blocks it is
    made by predicting blocks, where leaving out single cells would only ask to interpolate between
    neighbours. With a single training fold, generalised cross-validation has to do.
    """
    splits = None
    if len(np.unique(train_fold)) > 1:
        empty = np.empty((len(train_fold), 0))
        splits = list(LeaveOneGroupOut().split(empty, groups=train_fold))
    ridge = RidgeCV(STRENGTHS, cv=splits, scoring="neg_mean_squared_error")
    return make_pipeline(StandardScaler(), ridge)
