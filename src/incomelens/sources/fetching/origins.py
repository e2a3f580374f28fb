"""Where a file would come from: mirror, hand or provider."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from incomelens.common.errors import InputError
from incomelens.sources.fetching.registry import SourceFile

Kind = Literal["demo", "mirror", "manual", "provider"]


@dataclass(frozen=True)
class Places:
    """Where this study looks for raw files.

    Parameters
    ----------
    mirror : str or None
        Folder or http(s) address with ``<source>/<file>`` below it. Where one is set, the
        providers are not asked.
    manual_dir : str
        Folder for files put there by hand, as ``<source>/<file>``.
    demo : bool
        Whether the mirror holds the workflow's own synthetic files. Checksums and sizes of the
        registry are those of the real files and are then not compared.
    """

    mirror: str | None
    manual_dir: str
    demo: bool = False


@dataclass(frozen=True)
class Origin:
    """One place of one file."""

    kind: Kind
    address: str

    @property
    def is_remote(self) -> bool:
        """Whether the address is asked over the network."""
        return is_address(self.address)


def is_address(place: str) -> bool:
    """Whether a place is an http(s) address rather than a folder.

    Examples
    --------
    >>> is_address("https://mirror.org/raw"), is_address("/data/raw")
    (True, False)
    """
    return place.startswith(("http://", "https://"))


def locate(file: SourceFile, places: Places) -> Origin:
    """Where `file` comes from under these places.

    A mirror speaks for all files, except that a file which only a person can fetch may stand in
    ``manual_dir`` instead. Without a mirror, a file put there by hand goes before the provider.

    Raises
    ------
    InputError
        If there is no such place; the message says what to fetch and where to put it.
    """
    by_hand = Path(by_hand_path(file, places))
    if places.mirror is not None:
        mirrored = f"{places.mirror.rstrip('/')}/{file.label}"
        if places.demo:
            return Origin("demo", mirrored)
        if not (file.manual and by_hand.is_file()):
            return _mirrored(file, places, mirrored)
    if by_hand.is_file():
        return Origin("manual", str(by_hand))
    if file.address is None:
        raise InputError(
            f"{file.label}: only a person can fetch this file; {by_hand_advice(file, places)}"
        )
    return Origin("provider", file.address)


def has_origin(file: SourceFile, places: Places) -> bool:
    """Whether the file can be had without a person's help."""
    try:
        locate(file, places)
    except InputError:
        return False
    return True


def fetched_path(file: SourceFile, results: str | Path) -> Path:
    """Where a study's own copy of the file lies, once it is fetched and checked."""
    return Path(results) / "sources" / file.label


def on_disk(file: SourceFile, places: Places, results: str | Path) -> Path | None:
    """Where the file can be read before anything is fetched; None where it cannot."""
    fetched = fetched_path(file, results)
    if fetched.is_file():
        return fetched
    if not has_origin(file, places):
        return None
    origin = locate(file, places)
    here = not origin.is_remote and Path(origin.address).is_file()
    return Path(origin.address) if here else None


def by_hand_path(file: SourceFile, places: Places) -> str:
    """Where a person may put the file."""
    return f"{places.manual_dir.rstrip('/')}/{file.label}"


def by_hand_advice(file: SourceFile, places: Places) -> str:
    """Say what to fetch from which page and where to put it, as the end of a message."""
    advice = file.manual or f"fetch {file.name}"
    return f"{advice.rstrip('. ')} ({file.page}) and put it at {by_hand_path(file, places)}"


def _mirrored(file: SourceFile, places: Places, mirrored: str) -> Origin:
    if not is_address(mirrored) and not Path(mirrored).is_file():
        advice = by_hand_advice(file, places) if file.manual else f"put {file.name} there"
        raise InputError(
            f"{file.label}: the mirror has no file {mirrored}; {advice}, or unset `mirror` in the "
            "configuration to ask the provider"
        )
    return Origin("mirror", mirrored)
