"""YAML written by hand: read strictly, held to a JSON Schema, faults told in sentences."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from yaml.constructor import ConstructorError

from incomelens.common.errors import InputError, damage_told, listed

SCHEMAS = Path(__file__).resolve().parents[3] / "workflow" / "schemas"
KINDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}
# The parser in C is ten times as fast; a PyYAML that was built without it has the other.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StrictLoader(_Loader):
    """YAML in which a key is text and stands once.

    A second source of the same name would hide the first; 06037 is 3103, and ``no`` is false.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        """Refuse a key that stands twice or is no text."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for number, key in enumerate(keys):
            written = node.value[number][0]
            problem = None
            if not isinstance(key, str):
                as_it_stands = getattr(written, "value", key)
                problem = f"key {as_it_stands} is {key!r} in YAML, no text; write it in quotes"
            elif key in keys[:number]:
                problem = f"key {key!r} stands twice"
            if problem:
                raise ConstructorError(None, None, problem, written.start_mark)
        return super().construct_mapping(node, deep)


def read_yaml(path: str | Path, *, schema: str | Path | None = None) -> Any:  # noqa: ANN401
    """Read a file of YAML in which every key is text and stands once.

    Parameters
    ----------
    path : path
    schema : path, optional
        JSON Schema (itself YAML) that the file is held to. A schema says under the key `expected`,
        where its own terms would not tell a person, what a value is to be.

    Returns
    -------
    object
        Mappings, lists and values, as YAML has them.

    Raises
    ------
    InputError
        If there is no such file, if it is no YAML, or if it is not as the schema wants it: naming
        every wrong key, up to five of them.
    """
    with damage_told(lambda problem: f"{path}: not readable as YAML: {problem}"):
        try:
            with Path(path).open("rb") as file:
                content = yaml.load(file, Loader=_StrictLoader)  # noqa: S506 - of SafeLoader
        except FileNotFoundError:
            raise InputError(f"{path}: there is no such file") from None
        except yaml.YAMLError as error:
            raise InputError(f"{path}: not readable as YAML: {error}") from None
    if schema is not None:
        faults = Draft202012Validator(read_yaml(schema)).iter_errors(content)
        faults = sorted(faults, key=lambda fault: fault.json_path)
        sentences = [_explained(fault, content) for fault in faults]
        if sentences:
            raise InputError(f"{path}: " + "; ".join(sentences[:5]))
    return content


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Name the nearest of the known words, in parentheses; nothing where none is near.

    Examples
    --------
    >>> did_you_mean("adress", ["address", "page"])
    " (did you mean 'address'?)"
    """
    close = get_close_matches(word, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _explained(fault: ValidationError, root: Mapping[Any, Any] | Sequence[Any]) -> str:
    """Say a schema's complaint: where, what, expected."""
    where, schema, expected = _place(fault, root), fault.schema, fault.validator_value
    if fault.validator == "additionalProperties":
        properties = schema["properties"]
        unknown = next(key for key in fault.instance if key not in properties)
        hint = did_you_mean(unknown, properties)
        return f"{where}: unknown key {unknown!r}{hint}; known are {listed(properties, most=20)}"
    if fault.validator == "required":
        missing = fault.message.removesuffix(" is a required property")
        return f"{where}: {missing} is missing; expected {_expected(schema)}"
    if fault.validator == "oneOf":
        either = " or ".join(f"`{key}`" for branch in expected for key in branch["required"])
        return f"{where}: needs either {either}, and not both"
    if fault.validator == "type" or "expected" in schema:
        return f"{where} holds {fault.instance!r}; expected {_expected(schema)}"
    if fault.validator == "enum":
        hint = did_you_mean(str(fault.instance), map(str, expected))
        return f"{where}: {fault.instance!r} is not one of {listed(expected, most=20)}{hint}"
    if fault.validator == "pattern":
        return f"{where}: {fault.instance!r} does not look like {expected}"
    return f"{where}: {fault.message}"


def _expected(schema: Mapping[str, Any]) -> str:
    if "expected" in schema:
        return schema["expected"]
    kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    keys = f" with the keys {listed(schema['required'])}" if schema.get("required") else ""
    return ", or ".join(KINDS[kind] for kind in kinds) + keys


def _place(fault: ValidationError, root: Mapping[Any, Any] | Sequence[Any]) -> str:
    """Write a path such as ``survey.files.a.csv``, or ``entry 2 (its id): why`` in a list."""
    path = list(fault.absolute_path)
    if path and isinstance(path[0], int):
        entry = root[path[0]]
        name = f" ({entry['id']})" if isinstance(entry, Mapping) and "id" in entry else ""
        return ": ".join([f"entry {path[0] + 1}{name}", ".".join(map(str, path[1:]))]).rstrip(": ")
    return ".".join(map(str, path)) or "the file"
