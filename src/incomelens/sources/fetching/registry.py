"""The registry of sources as typed objects, and its mistakes by name."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from incomelens.common.errors import InputError, damage_told, listed

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Secret:
    """A key that a provider asks for: its name in the environment, never its value."""

    environment: str
    parameter: str
    required: bool
    page: str | None = None


@dataclass(frozen=True)
class SourceFile:
    """One file of a source: where it lies and what it must look like."""

    source: str
    name: str
    format: str
    page: str
    address: str | None = None
    manual: str | None = None
    sha256: str | None = None
    bytes: int | None = None
    about_mb: float | None = None
    secret: Secret | None = None

    @property
    def label(self) -> str:
        """Source and name, as they stand below a mirror, by hand and in the results."""
        return f"{self.source}/{self.name}"

    @property
    def likely_bytes(self) -> int | None:
        """Exact size where known, else the rough one, else None."""
        if self.bytes is None and self.about_mb is not None:
            return int(self.about_mb * MEGABYTE)
        return self.bytes


@dataclass(frozen=True)
class Source:
    """What a source is, whose it is, and its files in the order of the registry."""

    id: str
    title: str
    provider: str
    page: str
    licence: str
    citation: str
    time_frame: str
    used_for: str
    files: tuple[SourceFile, ...]
    secret: Secret | None = None


SYNTHETIC = "IncomeLens (synthetic)"  # provider of what the workflow makes itself


def invented(source: Source) -> Source:
    """Say of a source what a study has that makes its files itself, in the provider's formats.

    Whose files it is like stays in the title; nothing else is the provider's.
    """
    if source.provider == SYNTHETIC:
        return source
    return replace(
        source,
        title=f"Invented data in the files of: {source.title}, {source.provider}",
        provider=SYNTHETIC,
        page="https://citation-file-format.github.io",
        licence="MIT",
        citation="The IncomeLens maintainers. IncomeLens, synthetic cities (see CITATION.cff).",
        time_frame=f"{source.time_frame} (invented)",
    )


@dataclass(frozen=True)
class Registry:
    """All sources of the workflow, by id."""

    path: str
    sources: Mapping[str, Source]

    def __iter__(self) -> Iterator[Source]:
        return iter(self.sources.values())

    def source(self, source: str) -> Source:
        """Return one source; an unknown id is refused with the ids that there are."""
        if source not in self.sources:
            raise InputError(
                f"{self.path}: there is no source {source!r}{_hint(source, self.sources)}; "
                f"there are {listed(self.sources, most=20)}"
            )
        return self.sources[source]

    def files(self, sources: Iterable[str]) -> list[SourceFile]:
        """Return all files of these sources."""
        return [file for source in sources for file in self.source(source).files]

    def file(self, source: str, name: str) -> SourceFile:
        """Return one file of a source; an unknown name is refused with the names that there are."""
        files = {file.name: file for file in self.source(source).files}
        if name not in files:
            raise InputError(
                f"{self.path}: source {source} has no file {name!r}{_hint(name, files)}; "
                f"it has {listed(files, most=20)}"
            )
        return files[name]


def load_registry(
    path: str | Path | Sequence[str | Path], *, schema: str | Path | None = None
) -> Registry:
    """Read the registry from one file or several, and hold it to its schema.

    Parameters
    ----------
    path : path or sequence of path
        ``config/sources.yaml``, and more files of the same form.
    schema : path, optional
        ``workflow/schemas/sources.schema.yaml``; None where the workflow has compared them already.

    Raises
    ------
    InputError
        Naming every key that is wrong, up to five of them, or a source that two files have.
    """
    paths = [path] if isinstance(path, str | Path) else list(path)
    sources: dict[str, Source] = {}
    where: dict[str, str | Path] = {}
    for one in paths:
        for name, source in _read_sources(one, schema).items():
            if name in where:
                raise InputError(
                    f"{one}: source {name!r} is in {where[name]} already; give one of them another "
                    "name"
                )
            sources[name], where[name] = source, one
    return Registry(" + ".join(map(str, paths)), sources)


def _read_sources(path: str | Path, schema: str | Path | None) -> dict[str, Source]:
    entries = _read_yaml(path)
    if schema is not None:
        validator = Draft202012Validator(_read_yaml(schema))
        errors = sorted(validator.iter_errors(entries), key=lambda error: str(error.json_path))
        if errors:
            raise InputError(f"{path}: " + "; ".join(map(_explained, errors[:5])))
    return {name: _source(name, entry) for name, entry in entries.items()}


def _read_yaml(path: str | Path) -> Any:  # noqa: ANN401 - YAML holds anything
    with damage_told(lambda problem: f"{path}: not readable as YAML: {problem}"):
        try:
            with Path(path).open("rb") as file:
                return yaml.load(file, Loader=_StrictLoader)  # noqa: S506 - derived from SafeLoader
        except FileNotFoundError:
            raise InputError(
                f"{path}: there is no such file; see `sources` in the configuration"
            ) from None
        except yaml.YAMLError as error:
            raise InputError(f"{path}: not readable as YAML: {error}") from None


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
                raise yaml.constructor.ConstructorError(None, None, problem, written.start_mark)
        return super().construct_mapping(node, deep)


def _source(name: str, entry: Mapping[str, Any]) -> Source:
    secret = Secret(**entry["secret"]) if "secret" in entry else None
    files = tuple(
        SourceFile(source=name, name=file, page=entry["page"], secret=secret, **details)
        for file, details in entry["files"].items()
    )
    return Source(**{**entry, "id": name, "secret": secret, "files": files})


def _explained(error: ValidationError) -> str:
    """Say a schema's complaint as where, what, expected."""
    where = ".".join(map(str, error.absolute_path)) or "the registry"
    if error.validator == "additionalProperties":
        known = error.schema["properties"]
        unknown = [key for key in error.instance if key not in known]
        hint = _hint(unknown[0], known)
        return f"{where}: unknown key {unknown[0]!r}{hint}; known are {listed(known, most=20)}"
    if error.validator == "oneOf":
        return f"{where}: needs either `address` or `manual`, and not both"
    if error.validator == "enum":
        return f"{where}: {error.instance!r} is not one of {listed(error.validator_value, most=20)}"
    if error.validator == "pattern":
        return f"{where}: {error.instance!r} does not look like {error.validator_value}"
    return f"{where}: {error.message}"


def _hint(word: str, known: object) -> str:
    close = get_close_matches(word, list(known), n=1)  # type: ignore[call-overload]
    return f" (did you mean {close[0]!r}?)" if close else ""
