"""The exceptions meant for people."""

from pathlib import Path


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


def listed(items: object, most: int = 5) -> str:
    """Name up to `most` items for a message and count the rest.

    Examples
    --------
    >>> listed(["a", "b", "c"], most=2)
    'a, b (and 1 more)'
    """
    names = [str(item) for item in items]  # type: ignore[union-attr]
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" (and {rest} more)" if rest > 0 else "")
