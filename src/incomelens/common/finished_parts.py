"""Finished parts of a long job on disk, so that a killed one goes on where it was.

A part is used again only if everything that decides it is the same: its name holds a digest of
that. Parts are kept as they were made, so that a job that was interrupted ends with the same bytes
as one that was not.
"""

import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from incomelens.common.errors import DAMAGE, InputError
from incomelens.common.files import whole_file
from incomelens.common.progress import progress

logger = logging.getLogger(__name__)

Part = TypeVar("Part")
Chunk = tuple[slice, NDArray[np.float64]]


def digest_of(settings: object, *arrays: NDArray) -> str:
    """Digest of everything that decides a part, in hexadecimal digits.

    Parameters
    ----------
    settings : object
        Anything that JSON can hold; the order of a dictionary's keys does not count.
    *arrays : arrays
        Their shapes, types and bytes count, and their order.
    """
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for array in arrays:
        digest.update(f"\0{array.dtype.str}{array.shape}\0".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


class FinishedParts:
    """Files of one job, each whole or not there.

    Parameters
    ----------
    folder : path or None
        None keeps nothing.
    """

    def __init__(self, folder: str | Path | None) -> None:
        self._folder = None if folder is None else Path(folder)

    def load(
        self, name: str, read: Callable[[Path], Part], *, own: tuple[type[Exception], ...] = ()
    ) -> Part | None:
        """Read a finished part; None where there is none, or it is damaged (logged).

        Parameters
        ----------
        name : str
            Of the file.
        read : callable
        own : tuple of exception classes
            Of the reader, where they are no kin of :data:`incomelens.common.errors.DAMAGE`.
        """
        if self._folder is None or not (self._folder / name).is_file():
            return None
        try:
            return read(self._folder / name)
        except (*DAMAGE, *own) as error:
            logger.warning("%s cannot be read (%s); it is made again", self._folder / name, error)
            return None

    def save(self, name: str, write: Callable[[Path], object]) -> None:
        """Keep a finished part, over an older one of its name.

        Raises
        ------
        InputError
            If it cannot be written, as on a full disk; an older one is still there then.
        """
        if self._folder is None:
            return
        try:
            with whole_file(self._folder / name) as beside:
                write(beside)
        except OSError as error:
            raise InputError(
                f"{self._folder / name}: could not be kept ({error.strerror or error}); make room "
                "or choose another place, and run again: what was kept before is not made again"
            ) from None

    def discard(self) -> None:
        """Remove all parts, once what was made of them is written."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def gather_rows(
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
        Where the chunks are kept, below the digest; those of another digest are removed at once.
    digest : str
        See :func:`digest_of`.
    description, unit : str
        For the progress bar and the log.

    Returns
    -------
    array of shape (n_rows, ...)
    """
    _remove_others(Path(folder), digest)
    parts = FinishedParts(Path(folder) / digest)
    chunks = _chunks_kept(parts, n_rows)
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
        parts.save(_chunk_name(rows.start), lambda beside, values=values: np.save(beside, values))
        chunks.append(values)
    return np.concatenate(chunks)


def _chunk_name(start: int) -> str:
    return f"{start:07d}.npy"


def _chunks_kept(parts: FinishedParts, n_rows: int) -> list[NDArray[np.float64]]:
    """Chunks that follow each other from the first row on, as far as they are whole."""
    chunks: list[NDArray[np.float64]] = []
    start = 0
    while start < n_rows and (values := parts.load(_chunk_name(start), np.load)) is not None:
        chunks.append(values)
        start += len(values)
    return chunks


def _remove_others(folder: Path, digest: str) -> None:
    for other in folder.iterdir() if folder.is_dir() else ():
        if other.name != digest:
            logger.info("%s: inputs or settings have changed; computed again", other)
            shutil.rmtree(other, ignore_errors=True)
