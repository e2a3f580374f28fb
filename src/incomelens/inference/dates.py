"""From date to date: what a network of one date's images is worth on another date's.

Every place has one income and images of several dates. A network of one date is asked of places
that it learnt from and of places that were held out, on its own date and on others. On its own date
and held-out places that is the ordinary score out of fold. What is lost on another date, at places
held out both times, is the cost of a change of date; what is lost from places it learnt to
held-out ones, on images of another date both times, is the cost of a change of place.

Each cell is told by a single network in all of it: at held-out places by that of its fold, at
learnt ones by each other one in turn (:func:`incomelens.inference.transfer.in_turns`). Of the
places that a fold learns from, some are used to stop its training by alone.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.inference.intervals import Resampled
from incomelens.inference.transfer import LESS_IS_BETTER, ends, in_turns, mean_scores

HELD_OUT, LEARNT = "held_out", "learnt"


def dates_table(
    predictions: Mapping[tuple[str, str], pd.DataFrame],
    folds: pd.DataFrame,
    *,
    seed: int,
    n_resamples: int = 1000,
) -> pd.DataFrame:
    """Scores of every date's networks on every date's images.

    Parameters
    ----------
    predictions : mapping of (trained on, tested on) to DataFrame
        ``cell_id``, ``model_fold``, ``predicted``, ``p``, ``prob_1`` .. ``prob_5``: every cell by
        every fold's network of the date of training.
    folds : DataFrame
        ``cell_id``, ``income_class``, ``fold``, ``block``, and ``unit`` where labels are shared.
        Cells that lack a tile of some date are left out of all.
    seed : int
    n_resamples : int

    Returns
    -------
    DataFrame
        Rows of table ``inference/dates.csv`` of one city: scores, and ``cost_of_date`` (on another
        date, of the same places) and ``cost_of_place`` (at places held out, on the same date) under
        the same draws, above 0 where the change costs.

    Raises
    ------
    InputError
        If there are no cells that all predictions tell, or a single fold.
    """
    folds = _common(folds, predictions)
    if folds["fold"].nunique() < 2:
        raise InputError("dates: one fold alone leaves no place that a network learnt from")
    turns = {}
    for pair, table in predictions.items():
        own = table[table["cell_id"].isin(folds["cell_id"])]
        first, *others = in_turns(own, folds)
        turns |= {(*pair, HELD_OUT): [first], (*pair, LEARNT): others}
    scores = _scores(turns, folds, n_resamples=n_resamples, seed=seed)
    rows = []
    for (trained_on, tested_on, places), metric in scores:
        score = scores[(trained_on, tested_on, places), metric]
        home = scores.get(((trained_on, trained_on, places), metric))
        known = scores[(trained_on, tested_on, LEARNT), metric]
        rows.append(
            {
                "trained_on": trained_on,
                "tested_on": tested_on,
                "places": places,
                "metric": metric,
                **score.row(metric),
                **_cost("date", metric, score, None if trained_on == tested_on else home),
                **_cost("place", metric, score, None if places == LEARNT else known),
            }
        )
    return pd.DataFrame(rows)


Scores = dict[tuple[tuple[str, str, str], str], Resampled]


def _scores(
    turns: Mapping[tuple[str, str, str], Sequence[pd.DataFrame]],
    folds: pd.DataFrame,
    *,
    n_resamples: int,
    seed: int,
) -> Scores:
    """Scores by training, test, places and metric; all under the same draws."""
    names = {"|".join(key): key for key in turns}
    of_name = {name: turns[key] for name, key in names.items()}
    found = mean_scores(of_name, folds, n_resamples=n_resamples, seed=seed)
    return {(names[name], metric): score for (name, metric), score in found.items()}


def _cost(of: str, metric: str, score: Resampled, before: Resampled | None) -> dict[str, float]:
    """What a score lost against the one before; missing where nothing changed."""
    if before is None:
        return ends(f"cost_of_{of}", metric, None)
    worse = score.minus(before) if metric in LESS_IS_BETTER else before.minus(score)
    return ends(f"cost_of_{of}", metric, worse)


def _common(
    folds: pd.DataFrame, predictions: Mapping[tuple[str, str], pd.DataFrame]
) -> pd.DataFrame:
    """Folds of the cells that have a tile of every date."""
    known = set(folds["cell_id"])
    for table in predictions.values():
        known &= set(table["cell_id"])
    if not known:
        dates = listed(sorted({tested_on for _, tested_on in predictions}))
        raise InputError(
            f"dates: no cell has tiles of all dates ({dates}); check the imagery of each"
        )
    return folds[folds["cell_id"].isin(known)].reset_index(drop=True)
