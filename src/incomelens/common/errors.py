"""The exceptions meant for people."""

import errno
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

DAMAGE = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, MemoryError, OSError),
    *(NameError, RuntimeError, SyntaxError, TypeError, ValueError),
    *(lzma.LZMAError, struct.error, zipfile.BadZipFile, zlib.error),
)
"""What libraries end in over damaged bytes, besides errors of their own."""
_OF_THE_MACHINE = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EMFILE, errno.ENFILE}


class InputError(ValueError):
    """Something a user can mend: a file, a table, a setting.

    The message says what was wrong, where (file, key, row), what was expected and what to do. Jobs
    end with that message alone, without a traceback.
    """


class DamagedFileError(InputError):
    """A file or folder that a job wrote whole and that cannot be read now.

    A job that meets one sets it aside, see :func:`incomelens.common.jobs.job`, so that the next run
    makes it anew.

    Parameters
    ----------
    path : path
        Of the file or folder that one job makes.
    problem : object
        What the reader says.
    """

    def __init__(self, path: str | Path, problem: object) -> None:
        self.path = Path(path)
        super().__init__(
            f"{path}: damaged since it was written ({problem}); delete it and run again, its rule "
            "makes it anew"
        )


@contextmanager
def damage_told(
    sentence: Callable[[str], str], *, own: tuple[type[Exception], ...] = ()
) -> Generator[None]:
    """Turn whatever a library raises over damaged bytes into an :class:`InputError`.

    Only the library's own reading belongs in the block: a fault of ours would be taken for damage.
    Errors of the machine (a full disk, a folder without permission) pass as they are.

    Parameters
    ----------
    sentence : callable
        Makes the message from what the library says, in one line.
    own : tuple of exception classes
        Of the library, where they are no kin of :data:`DAMAGE`.

    Examples
    --------
    >>> with damage_told(lambda problem: f"a.json: no JSON ({problem}); fetch it again"):
    ...     [][0]
    Traceback (most recent call last):
    incomelens.common.errors.InputError: a.json: no JSON (list index out of range); fetch it again
    """
    try:
        yield
    except InputError:
        raise
    except (*DAMAGE, *own) as error:
        if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
            raise
        raise InputError(sentence(first_line(error))) from None


def first_line(error: Exception) -> str:
    """What an error says in its first line; its name where it says nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def present(value: T | None) -> T:
    """Give a value that is there by now; a fault of ours, not of a user's, where it is not."""
    if value is None:
        raise TypeError("None, where a value has to be there by now")
    return value


def listed(items: Iterable[object], most: int = 5) -> str:
    """Name up to `most` items for a message and count the rest.

    Examples
    --------
    >>> listed(["a", "b", "c"], most=2)
    'a, b (and 1 more)'
    """
    names = [str(item) for item in items]
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" (and {rest} more)" if rest > 0 else "")
