"""One file over HTTP, resumed after a break.

The bytes go to a part file beside the target. It outlives a failed job, together with the validator
(ETag or date) of the version it belongs to: the rest is asked for with ``Range`` and ``If-Range``,
so that a file that has changed meanwhile is fetched anew, never glued to its older half.
"""

import errno
import json
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import requests
import urllib3

from incomelens.common.errors import InputError
from incomelens.common.progress import progress
from incomelens.sources.fetching.keys import Redaction, public_address

logger = logging.getLogger(__name__)

CHUNK = 1 << 16
# A break this many bytes further than ever before is progress: the attempts are counted afresh.
PROGRESS_BYTES = 1 << 20
TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}
HEADERS = {"User-Agent": "IncomeLens", "Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Patience:
    """How long to wait for a provider, in seconds, and how often to try without progress."""

    attempts: int = 6
    connect: float = 20.0
    read: float = 60.0
    first_pause: float = 1.0
    longest_pause: float = 300.0

    def pause(self, failures: int) -> float:
        """Pause after so many failures in a row: doubling, up to the longest."""
        return min(self.first_pause * 2.0 ** (failures - 1), self.longest_pause)


@dataclass(frozen=True)
class _Break:
    """An attempt that ended early but may be repeated."""

    problem: str
    pause: float | None = None


@dataclass(frozen=True)
class _Part:
    """The bytes that have arrived, and which version of which file they belong to."""

    path: Path

    @property
    def note(self) -> Path:
        return self.path.with_name(f"{self.path.name}.json")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def resumes(self, address: str) -> tuple[int, str | None]:
        """From which byte to go on, and the validator of the version; (0, None) to start anew."""
        try:
            note = json.loads(self.note.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return 0, None
        if note.get("address") != address or not note.get("validator") or self.size == 0:
            return 0, None
        return self.size, note["validator"]

    def describe(self, address: str, validator: str | None) -> None:
        self.note.write_text(
            json.dumps({"address": address, "validator": validator}), encoding="utf-8"
        )

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)


def part_of(target: Path) -> Path:
    """Where the bytes of an unfinished download wait."""
    return target.with_name(f".{target.name}.part")


def discard_part(target: Path) -> None:
    """Forget what has arrived of a file."""
    _Part(part_of(target)).discard()


def download(
    address: str,
    target: Path,
    *,
    label: str,
    parameters: Mapping[str, str],
    redact: Redaction,
    patience: Patience,
) -> Path:
    """Fetch `address` into the part file of `target`, and return that part, complete but unchecked.

    Parameters
    ----------
    address : str
        Without any key; it appears in messages.
    target : path
        The part lies beside it.
    label : str
        What to call the file in messages.
    parameters : mapping
        Query parameters to add to the request only, such as a key.
    redact : Redaction
        Hides these in every text.
    patience : Patience

    Raises
    ------
    InputError
        If the provider refuses, or after too many attempts without progress. What has arrived is
        then kept where it can be resumed.
    """
    part = _Part(part_of(target))
    part.path.parent.mkdir(parents=True, exist_ok=True)
    shown_address = redact(public_address(address))
    failures = furthest = 0
    while True:
        with redact.in_logs():
            outcome = _attempt(address, part, label, parameters, redact, patience)
        if outcome is None:
            part.note.unlink(missing_ok=True)
            return part.path
        failures += 1
        if part.size >= furthest + PROGRESS_BYTES:
            failures, furthest = 1, part.size
        pause = patience.pause(failures) if outcome.pause is None else outcome.pause
        if failures >= patience.attempts or pause > patience.longest_pause:
            kept, _ = part.resumes(address)
            if not kept:
                part.discard()
            raise InputError(_gave_up(label, shown_address, outcome, failures, kept))
        logger.warning("%s: %s; trying again in %.0f s", label, outcome.problem, pause)
        time.sleep(pause)


def _gave_up(label: str, shown: str, last: _Break, failures: int, kept: int) -> str:
    pause = "" if last.pause is None else f" and asks to wait {last.pause:.0f} s"
    arrived = f"; {kept} bytes have arrived and are kept, the next run goes on from there"
    return (
        f"{label}: gave up after {failures} attempt(s) without progress at {shown}: "
        f"{last.problem}{pause}{arrived if kept else ''}"
    )


def _attempt(
    address: str,
    part: _Part,
    label: str,
    parameters: Mapping[str, str],
    redact: Redaction,
    patience: Patience,
) -> _Break | None:
    """Ask once for what is missing; None if the part is complete then."""
    # Errors of requests quote the address with the key, and tracebacks show the error behind an
    # error: so texts leave the except block redacted, and nothing is raised inside it.
    fatal = None
    try:
        start, validator = part.resumes(address)
        headers = dict(HEADERS)
        if start:
            headers |= {"Range": f"bytes={start}-", "If-Range": str(validator)}
        with requests.get(
            address,
            params=dict(parameters),
            headers=headers,
            stream=True,
            timeout=(patience.connect, patience.read),
        ) as response:
            if not response.ok:
                return _refused(response, part, label, redact)
            return _receive(response, address, part, label)
    except InputError:
        raise
    except requests.exceptions.SSLError as error:
        fatal = f"no secure connection: {redact(error)}"
    except (requests.exceptions.InvalidURL, requests.exceptions.TooManyRedirects) as error:
        fatal = redact(error)
    except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError):
        return _Break(f"no answer within {patience.read:g} s")
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
        return _Break(f"the connection broke ({redact(error)})")
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        fatal = f"no space left on the disk of {part.path.parent}"
    raise InputError(f"{label}: {fatal}")


def _refused(response: requests.Response, part: _Part, label: str, redact: Redaction) -> _Break:
    status = f"the server answers {response.status_code} {response.reason}"
    if response.status_code == requests.codes.requested_range_not_satisfiable:
        part.discard()
        return _Break(status, pause=0.0)
    if response.status_code in TRY_AGAIN:
        return _Break(status, pause=_retry_after(response.headers.get("Retry-After")))
    body = next(response.iter_content(2000), b"").decode(errors="replace")
    answer = " ".join(redact(body).split())[:200]
    address = redact(public_address(response.url))
    raise InputError(f"{label}: {status} at {address}: {answer or 'without a word'}")


def _receive(response: requests.Response, address: str, part: _Part, label: str) -> _Break | None:
    """Append to the part, or begin it anew, whatever the server has decided to send."""
    start = part.size if response.status_code == requests.codes.partial_content else 0
    if start and not _continues(response, part, address, start):
        part.discard()
        return _Break("the file has changed at the provider since the download began", pause=0.0)
    encoded = response.headers.get("Content-Encoding", "identity") != "identity"
    if not start:
        part.discard()
        part.describe(address, None if encoded else _validator(response))
    length = response.headers.get("Content-Length")
    total = start + int(length) if length and length.isdigit() and not encoded else None
    with part.path.open("ab") as file:
        chunks = _chunks(response)
        for chunk in progress(chunks, label, total=total, unit="B", size=len, done=start):
            file.write(chunk)
    if total is not None and part.size != total:
        return _Break(f"{part.size} of {total} bytes arrived")
    return None


def _continues(response: requests.Response, part: _Part, address: str, start: int) -> bool:
    """Whether a partial answer begins where the part ends, in the same version of the file."""
    begins = response.headers.get("Content-Range", "").startswith(f"bytes {start}-")
    validator = _validator(response)
    return begins and validator in (None, part.resumes(address)[1])


def _validator(response: requests.Response) -> str | None:
    """Return what tells versions of the file apart byte by byte; a weak ETag does not."""
    etag = response.headers.get("ETag")
    if etag and not etag.startswith("W/"):
        return etag
    return response.headers.get("Last-Modified")


def _chunks(response: requests.Response) -> Iterator[bytes]:
    # Not iter_content: it waits for a whole chunk, and loses what it has when the line breaks.
    while chunk := response.raw.read1(CHUNK, decode_content=True):
        yield chunk


def _retry_after(value: str | None) -> float | None:
    """Seconds that a Retry-After header asks for; it holds a number or a date."""
    if value is None:
        return None
    try:
        return max(float(value), 0.0)
    except ValueError:
        pass
    try:
        return max((parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None
