"""Chunks of a long computation kept on disk, so that a killed job goes on where it stopped.

A chunk is used again only if everything that decides its numbers is the same: the folder of the
chunks is named by a digest of it. Chunks are stored as they were computed, in float64, so that a
run that was interrupted ends with the same bytes as one that was not.
"""

import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from incomelens.common.files import whole_file
from incomelens.common.progress import progress

logger = logging.getLogger(__name__)

Chunk = tuple[slice, NDArray[np.float64]]


def digest_of(settings: object, *arrays: NDArray) -> str:
    """Digest of everything that decides the numbers of a chunk.

    Parameters
    ----------
    settings : object
        Anything that JSON can hold; the order of a dictionary's keys does not count.
    *arrays : arrays
        Their shapes, types and bytes count, and their order.

    Returns
    -------
    str
        Sixteen hexadecimal digits.
    """
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for array in arrays:
        array = np.ascontiguousarray(array)
        digest.update(f"\0{array.dtype.str}{array.shape}\0".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()[:16]


def gather_chunks(
    compute: Callable[[int], Iterable[Chunk]],
    *,
    n_rows: int,
    folder: str | Path,
    digest: str,
    description: str,
    unit: str = "districts",
) -> NDArray[np.float64]:
    """Compute the rows that no earlier run has left behind, and put all of them together.

    Parameters
    ----------
    compute : callable
        Given the first row not yet done, yields slices of rows, ascending and without gaps up to
        `n_rows`, with their values.
    n_rows : int
        Rows in all.
    folder : path
        Where the chunks are kept; removed by :func:`discard_chunks` once the result is safe.
        Chunks of another digest are removed from it at once.
    digest : str
        See :func:`digest_of`.
    description, unit : str
        For the progress bar and the log.

    Returns
    -------
    array of shape (n_rows, ...)
    """
    kept = Path(folder) / digest
    _remove_others(kept)
    chunks = _chunks_on_disk(kept, n_rows)
    start = sum(map(len, chunks))
    if start:
        logger.info("%s: %d of %d %s were done before", description, start, n_rows, unit)
    for rows, values in progress(
        compute(start),
        description,
        total=n_rows,
        unit=unit,
        size=lambda chunk: len(chunk[1]),
        done=start,
    ):
        with whole_file(_chunk_file(kept, rows.start)) as beside:
            np.save(beside, values)
        chunks.append(values)
    return np.concatenate(chunks)


def discard_chunks(folder: str | Path) -> None:
    """Remove the chunks, once what was made of them is written."""
    shutil.rmtree(folder, ignore_errors=True)


def _chunk_file(kept: Path, start: int) -> Path:
    return kept / f"{start:07d}.npy"


def _chunks_on_disk(kept: Path, n_rows: int) -> list[NDArray[np.float64]]:
    """Chunks that follow each other from the first row on, as far as they are whole."""
    chunks: list[NDArray[np.float64]] = []
    start = 0
    while start < n_rows and _chunk_file(kept, start).exists():
        try:
            values = np.load(_chunk_file(kept, start), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            logger.warning("%s cannot be read; it is computed again", _chunk_file(kept, start))
            break
        chunks.append(values)
        start += len(values)
    return chunks


def _remove_others(kept: Path) -> None:
    if kept.parent.is_dir():
        for other in kept.parent.iterdir():
            if other != kept:
                logger.info("%s: inputs or settings have changed; computed again", other)
                shutil.rmtree(other, ignore_errors=True)
