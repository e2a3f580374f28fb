"""How fast to learn, and when to stop, judged by the epochs so far.

A schedule has no state of its own: the history decides, so that a resumed training goes on as an
unbroken one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from incomelens.common.errors import InputError
from incomelens.inference.history import EpochRecord, best_epoch

PAPER_EPOCHS_A_STEP = 3
PAPER_DECREASE = 0.1
PAPER_PATIENCE = 10
RELEASED_DECREASE = 0.25
RELEASED_PLATEAU = 2
RELEASED_LEAST_GAIN = 1e-4
RELEASED_FLOOR = 1e-8
RELEASED_PATIENCE = 25

SCHEDULES = ("paper", "released", "constant", "cosine")


@dataclass(frozen=True)
class NextEpoch:
    """What to do next.

    Attributes
    ----------
    learning_rate : float
    restart : bool
        Whether the optimiser forgets its moments first.
    stop : bool
        Whether to stop instead.
    """

    learning_rate: float
    restart: bool = False
    stop: bool = False


def next_epoch(
    history: Sequence[EpochRecord], *, schedule: str, learning_rate: float, epochs: int
) -> NextEpoch:
    """Decide on the next epoch from those so far.

    Parameters
    ----------
    history : sequence of EpochRecord
    schedule : {"paper", "released", "constant", "cosine"}
        `paper`: a tenth every three epochs, stop after ten epochs without a lower validation loss.
        `released`: a quarter when two epochs have not lowered the training loss by 1e-4, never
        below 1e-8; after 25 epochs without a lower validation loss, start again (weights kept)
        with half of the rate that was started with before. `constant`; `cosine`: from
        `learning_rate` down, reaching zero after the last epoch.
    learning_rate : float
        To start with.
    epochs : int
        At most.

    Raises
    ------
    InputError
        If the schedule is unknown.

    Notes
    -----
    Levy Abitbol & Karsai (2020), Methods, for `paper` (deviation `learning_schedule`). `released`
    follows the authors' research script, whose restarts are Keras's recompilation:
    8e-5 / 2^restarts, moments forgotten. Within 30 epochs at most one happens.
    """
    if schedule not in SCHEDULES:
        raise InputError(f"schedule: {schedule!r} is unknown; known are {', '.join(SCHEDULES)}")
    done = len(history)
    if done >= epochs:
        return NextEpoch(learning_rate, stop=True)
    if schedule == "paper":
        rate = learning_rate * PAPER_DECREASE ** (done // PAPER_EPOCHS_A_STEP)
        since_best = history[-1].epoch - best_epoch(history) if history else 0
        return NextEpoch(rate, stop=since_best >= PAPER_PATIENCE)
    if schedule == "released":
        return _released(history, learning_rate)
    if schedule == "cosine":
        learning_rate *= 0.5 * (1 + math.cos(math.pi * done / epochs))
    return NextEpoch(learning_rate)


def _released(history: Sequence[EpochRecord], learning_rate: float) -> NextEpoch:
    """Replay the plateaus and restarts of all epochs so far."""
    rate = start = learning_rate
    restart = False
    lowest_train = lowest_validation = math.inf
    on_plateau = without_gain = 0
    for record in history:
        restart = False
        # Keras: a loss counts as lower only by more than 1e-4.
        if record.train_loss < lowest_train - RELEASED_LEAST_GAIN:
            lowest_train, on_plateau = record.train_loss, 0
        else:
            on_plateau += 1
            if on_plateau >= RELEASED_PLATEAU:
                rate, on_plateau = max(rate * RELEASED_DECREASE, RELEASED_FLOOR), 0
        if record.validation_loss < lowest_validation:
            lowest_validation, without_gain = record.validation_loss, 0
        else:
            without_gain += 1
            if without_gain >= RELEASED_PATIENCE:
                start /= 2
                rate, restart = start, True
                lowest_train = lowest_validation = math.inf
                on_plateau = without_gain = 0
    return NextEpoch(rate, restart=restart)
