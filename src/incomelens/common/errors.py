"""The one exception meant for people."""


class InputError(ValueError):
    """Something a user can mend: a file, a table, a setting.

    The message says what was wrong, where (file, key, row), what was expected and what to do. Jobs
    end with that message alone, without a traceback.
    """


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
