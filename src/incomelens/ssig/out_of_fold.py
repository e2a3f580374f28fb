"""Out of fold: no model ever sees the districts it is scored on."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.common.errors import InputError
from incomelens.folds.buffer import outside_buffer
from incomelens.ssig.features import Sample


def splits(sample: Sample) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int64]]]:
    """Yield (fold, rows to train on, rows held out) for every fold that has districts.

    Districts in the buffer of a fold are in neither.

    Raises
    ------
    InputError
        If all districts lie in one fold, or the buffer leaves none of them to train on.
    """
    numbers = np.unique(sample.fold)
    if len(numbers) < 2:
        raise InputError(
            f"cross-validation: all {len(sample.fold)} districts lie in one fold; nothing is left "
            "to train on"
        )
    place = sample.place
    for number in numbers:
        others, held_out = (np.flatnonzero((sample.fold == number) == own) for own in (False, True))
        training = outside_buffer(place, others, held_out, buffer_km=sample.buffer_km)
        if not len(training):
            raise InputError(
                f"cross-validation: all {len(others)} districts outside fold {number} lie within "
                f"{sample.buffer_km:g} km of it; take a narrower folds.buffer_km"
            )
        yield int(number), training, held_out


def held_out_rows(sample: Sample, held_out: NDArray[np.int64], **columns: object) -> pd.DataFrame:
    """Identity and observed income of held-out districts, beside columns that say of what model."""
    return pd.DataFrame(
        {
            "geoid": sample.table["geoid"].to_numpy()[held_out],
            "block": sample.block[held_out],
            **columns,
            "observed_usd": sample.income[held_out],
        }
    )
