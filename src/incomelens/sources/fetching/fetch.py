"""One file, from wherever, checked and whole."""

import logging
import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from incomelens.common.errors import InputError
from incomelens.common.files import whole_file
from incomelens.sources.fetching.delivery import WAITING
from incomelens.sources.fetching.download import Patience, discard_part, download
from incomelens.sources.fetching.keys import Redaction, key_parameters, public_address
from incomelens.sources.fetching.origins import Origin, Places, by_hand_advice, locate
from incomelens.sources.fetching.records import Compared, Retrieval
from incomelens.sources.fetching.registry import SourceFile
from incomelens.sources.fetching.verify import verify

logger = logging.getLogger(__name__)


def fetch_file(
    file: SourceFile,
    target: str | Path,
    *,
    places: Places,
    patience: Patience | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Retrieval:
    """Bring one file to `target`: checked, and written whole or not at all.

    Parameters
    ----------
    file : SourceFile
    target : path
    places : Places
        Mirror and folder for files put by hand.
    patience : Patience, optional
        With slow and failing servers.
    environment : mapping
        Where keys of providers are looked up.

    Returns
    -------
    Retrieval
        Where the file came from, its checksum and size.

    Raises
    ------
    InputError
        If the file is nowhere, cannot be fetched, or is not what it should be. `target` is then as
        it was before.
    """
    target = Path(target)
    origin = locate(file, places)
    logger.info("%s: from %s (%s)", file.label, public_address(origin.address), origin.kind)
    if origin.is_remote:
        sha256 = _download(file, origin, target, places, patience or Patience(), environment)
    else:
        sha256 = _copy(file, origin, target)
    retrieval = Retrieval(
        source=file.source,
        file=file.name,
        origin=origin.kind,
        address=public_address(origin.address),
        sha256=sha256,
        checksum=_compared_with(file, origin),
        bytes=target.stat().st_size,
        retrieved=datetime.now(UTC).date().isoformat(),
    )
    if retrieval.checksum == "first use":
        logger.info(
            "%s: no checksum is known, so this copy is trusted on first use: sha256 %s goes to the "
            "manifest; set it in config/sources.yaml to hold later runs to it",
            file.label,
            sha256,
        )
    return retrieval


def _compared_with(file: SourceFile, origin: Origin) -> Compared:
    if origin.kind == "demo":
        return "synthetic"
    return "registry" if file.sha256 else "first use"


def _copy(file: SourceFile, origin: Origin, target: Path) -> str:
    waiting = Path(f"{origin.address}{WAITING}")
    if file.format == "gpkg" and waiting.is_file() and waiting.stat().st_size:
        raise InputError(
            f"{file.label}: {waiting} holds edits that are not yet in the file itself; close it in "
            "QGIS, or whatever has it open, and run again"
        )
    with whole_file(target) as beside:
        try:
            shutil.copyfile(origin.address, beside)
            return verify(beside, file, synthetic=origin.kind == "demo")
        except FileNotFoundError:
            raise InputError(f"{file.label}: there is no file {origin.address}") from None
        except InputError as error:
            raise InputError(f"{error} (the copy at {origin.address})") from None


def _download(
    file: SourceFile,
    origin: Origin,
    target: Path,
    places: Places,
    patience: Patience,
    environment: Mapping[str, str],
) -> str:
    # A key is the provider's business: a mirror never sees it.
    parameters = key_parameters(file, environment) if origin.kind == "provider" else {}
    redact = Redaction(parameters, origin.address)
    try:
        part = download(
            origin.address,
            target,
            label=file.label,
            parameters=parameters,
            redact=redact,
            patience=patience,
        )
    except InputError as error:
        raise InputError(f"{error}; {_elsewhere(file, origin, places)}") from None
    try:
        sha256 = _verified(part, file, redact)
        part.replace(target)
    finally:
        # What has failed the checks must not be gone on with.
        discard_part(target)
    return sha256


def _verified(part: Path, file: SourceFile, redact: Redaction) -> str:
    try:
        return verify(part, file)
    except InputError as error:
        problem = redact(error)  # the title of a web page may quote the request
    raise InputError(problem)


def _elsewhere(file: SourceFile, origin: Origin, places: Places) -> str:
    if origin.kind == "mirror":
        return f"try later, or put {file.name} on the mirror"
    return f"try later, set `mirror` in the configuration, or {by_hand_advice(file, places)}"
