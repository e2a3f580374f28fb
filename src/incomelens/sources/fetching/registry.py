"""The registry of sources as typed objects, and its mistakes by name."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from incomelens.common.errors import InputError, listed
from incomelens.common.yaml_files import did_you_mean, read_yaml

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
                f"{self.path}: there is no source {source!r}{did_you_mean(source, self.sources)}; "
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
                f"{self.path}: source {source} has no file {name!r}{did_you_mean(name, files)}; "
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
    for file in paths:
        for name, source in _read_sources(file, schema).items():
            if name in where:
                raise InputError(
                    f"{file}: source {name!r} is in {where[name]} already; give one of them "
                    "another name"
                )
            sources[name], where[name] = source, file
    return Registry(" + ".join(map(str, paths)), sources)


def _read_sources(path: str | Path, schema: str | Path | None) -> dict[str, Source]:
    if not Path(path).exists():
        raise InputError(f"{path}: there is no such file; see `sources` in the configuration")
    return {name: _source(name, entry) for name, entry in read_yaml(path, schema=schema).items()}


def _source(name: str, entry: Mapping[str, Any]) -> Source:
    secret = Secret(**entry["secret"]) if "secret" in entry else None
    files = tuple(
        SourceFile(source=name, page=entry["page"], secret=secret, **file)
        for pattern, details in entry["files"].items()
        for file in _each_file(name, {"name": pattern, **details}, entry.get("each", {}))
    )
    told: dict[str, Any] = {**entry, "id": name, "secret": secret, "files": files}
    told.pop("each", None)
    return Source(**told)


def _each_file(
    source: str, file: Mapping[str, Any], each: Mapping[str, Sequence[str]]
) -> Iterator[dict[str, Any]]:
    """Files that an entry stands for: one, or one a combination of the values in its name."""
    wanted = re.findall(r"\{(\w*)\}", file["name"])
    where = file.get("address") or file.get("manual", "")
    if missing := [key for key in wanted if key not in each]:
        raise InputError(
            f"source {source}: the file {file['name']} has {{{missing[0]}}} in its name, which "
            f"`each` gives no values; it has {listed(each) or 'none'}"
        )
    if alike := [key for key in wanted if f"{{{key}}}" not in where]:
        raise InputError(
            f"source {source}: the file {file['name']} stands for many, all of one address; put "
            f"{{{alike[0]}}} into its address too"
        )
    for values in product(*(each[key] for key in wanted)):
        told = dict(file)
        for key, value in zip(wanted, values, strict=True):
            for part in ("name", "address", "manual"):
                if told.get(part):
                    told[part] = told[part].replace(f"{{{key}}}", value)
        yield told
