"""Finished parts of an attribution on disk, so that a killed run goes on where it was."""

import hashlib
import json
import logging
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from incomelens.common.errors import InputError
from incomelens.common.files import whole_file

logger = logging.getLogger(__name__)


class PartStore:
    """Tables under the digest of everything that decides them.

    Parameters
    ----------
    folder : path or None
        None keeps nothing.
    """

    def __init__(self, folder: str | Path | None) -> None:
        self._folder = None if folder is None else Path(folder)

    def load(self, digest: str) -> pd.DataFrame | None:
        """Read a finished part; None where there is none, or it cannot be read."""
        path = self._path(digest)
        if path is None or not path.is_file():
            return None
        try:
            return pd.read_parquet(path)
        except (OSError, pa.ArrowException) as error:
            logger.warning("%s cannot be read (%s); its cells are explained again", path, error)
            return None

    def save(self, digest: str, table: pd.DataFrame) -> None:
        """Keep a finished part, whole or not at all.

        Raises
        ------
        InputError
            If it cannot be written, as on a full disk.
        """
        path = self._path(digest)
        if path is None:
            return
        try:
            with whole_file(path) as beside:
                table.to_parquet(beside, index=False)
        except OSError as error:
            raise InputError(
                f"{path}: a finished part could not be kept ({error.strerror or error}); make room "
                "or choose another place, and run again: finished parts are not made again"
            ) from None

    def discard(self) -> None:
        """Remove all parts, once the whole table is written."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, digest: str) -> Path | None:
        return None if self._folder is None else self._folder / f"{digest}.parquet"


def part_digest(settings: object, *arrays: np.ndarray) -> str:
    """Digest of what decides a part: settings that JSON can hold, and arrays."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for array in arrays:
        digest.update(f"\0{array.dtype.str}{array.shape}\0".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:24]
