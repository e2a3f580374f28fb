"""What YAML reads as something else than was written: codes, names and dates without quotes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from jsonschema import Draft202012Validator

from incomelens.common.errors import InputError


def check_texts(config: Mapping[object, object], schema: Mapping[str, Any]) -> None:
    """Refuse keys that are no text, and values that are none where the schema wants text.

    YAML reads ``06037`` as the octal number 3103 (and ``09001``, which is none, as text), ``no``
    and ``on`` as false and true, and ``2019-01-01`` as a date. A schema does not look at keys that
    are no text, so that a county would vanish without a word.

    Parameters
    ----------
    config : mapping
        Configuration as read.
    schema : mapping
        JSON schema of the configuration.

    Raises
    ------
    InputError
        Naming the first such key or value.
    """
    for path, key in _odd_keys(config, ()):
        raise InputError(
            f"configuration: {_place(path)} has the key {_as_read(key)}; {_remedy('key', key)}"
        )
    for error in Draft202012Validator(schema).iter_errors(config):
        for fault in (error, *(error.context or ())):
            if fault.validator == "type" and _wants_text(fault.validator_value, fault.instance):
                raise InputError(
                    f"configuration: {_place(fault.absolute_path)} is {_as_read(fault.instance)}; "
                    f"{_remedy('text', fault.instance)}"
                )


def _odd_keys(
    node: object, path: tuple[object, ...]
) -> Iterator[tuple[tuple[object, ...], object]]:
    if isinstance(node, Mapping):
        for key, inside in node.items():
            if not isinstance(key, str):
                yield path, key
            yield from _odd_keys(inside, (*path, key))
    elif isinstance(node, Sequence) and not isinstance(node, str):
        for number, inside in enumerate(node):
            yield from _odd_keys(inside, (*path, number))


def _wants_text(types: str | Sequence[str], instance: object) -> bool:
    kinds = {types} if isinstance(types, str) else set(types)
    return "string" in kinds and isinstance(instance, bool | int | float | date)


def _place(path: Sequence[object]) -> str:
    """Write a path as in the documentation, such as ``districts.tract.areas``."""
    return ".".join(map(str, path)) or "the file"


def _as_read(value: object) -> str:
    kind = {bool: "true or false", int: "a number", float: "a number"}.get(type(value), "a date")
    written = str(value).lower() if isinstance(value, bool) else value
    return f"{written} ({kind})"


def _remedy(part: str, value: object) -> str:
    if isinstance(value, bool):
        wrote = "YAML reads yes, no, on, off without quotes as true and false"
        example = '"no"'
    elif isinstance(value, int | float):
        wrote = "YAML reads a code without quotes as a number, and one such as 06037 as octal"
        example = f'"{value}"'
        if isinstance(value, int) and value > 0:
            example += f', "0{value:o}" or what else stands in the data'
    else:
        wrote = "YAML reads a date without quotes as a date"
        example = f'"{value}"'
    return f"{wrote}; write the {'code' if part == 'key' else 'text'} in quotes: {example}"
