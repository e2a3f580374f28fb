"""Google's Street View Static API: where there is a panorama, and its image.

Asked politely (a bounded number of requests a second), never twice for one thing (answers are kept
in a cache outside the results), and with the user's own key, which stands in no text. Metadata cost
no quota, images do. The images are Google's: they may not be redistributed, and whether they may be
analysed is between the user and Google's terms.
"""

import fcntl
import hashlib
import json
import logging
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests

from incomelens.common.errors import InputError
from incomelens.common.files import whole_file
from incomelens.sources.fetching.download import HEADERS, Patience
from incomelens.sources.fetching.keys import Redaction, missing_key
from incomelens.sources.fetching.plan import STREET_VIEW_KEY as KEY

logger = logging.getLogger(__name__)

ADDRESS = "https://maps.googleapis.com/maps/api/streetview"
TRY_AGAIN = {408, 500, 502, 503, 504}
QUOTA_STATUS = "OVER_QUERY_LIMIT"
NOTHING_THERE = {"ZERO_RESULTS", "NOT_FOUND"}


class QuotaError(Exception):
    """The provider's quota, or the user's own bound of a run, is used up."""


@dataclass(frozen=True)
class Panorama:
    """What the metadata say of the panorama nearest to a point (degrees; date as YYYY-MM)."""

    id: str
    longitude: float
    latitude: float
    date: str
    copyright: str


@contextmanager
def one_at_a_time(cache: str | Path) -> Generator[None]:
    """Let one job of this machine ask the provider at a time, so that its pace holds for all."""
    folder = Path(cache)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def street_view_key(environment: Mapping[str, str]) -> str:
    """Return the user's key.

    Raises
    ------
    InputError
        If the environment has none, with where to get one.
    """
    value = environment.get(KEY.environment, "").strip()
    if not value:
        raise InputError(f"street view: {missing_key(KEY)}")
    return value


class StreetViewClient:
    """Asks for panoramas and images, one after the other.

    Parameters
    ----------
    key : str
        Sent with every request, written nowhere.
    cache : path
        Folder that outlives the results: what is in it is not asked for again.
    per_second : float
        Most requests a second.
    most_images : int, optional
        Images that this client may ask for (each costs quota); None leaves it to the provider.
    address : str
        Of the API.
    patience : Patience
        How often an unanswered request is tried again, and how long to wait.

    Attributes
    ----------
    n_asked, n_images : int
        Requests sent and images received so far.

    Notes
    -----
    Once a quota is used up nothing more is sent: what is in the cache is still given, everything
    else raises :class:`QuotaError` at once.
    """

    def __init__(
        self,
        key: str,
        cache: str | Path,
        *,
        per_second: float,
        most_images: int | None = None,
        address: str = ADDRESS,
        patience: Patience | None = None,
    ) -> None:
        self._parameters = {KEY.parameter: key}
        self._redact = Redaction(self._parameters)
        self._cache = Path(cache)
        self._pause = 1.0 / per_second
        self._most_images = most_images
        self._address = address
        self._patience = patience or Patience()
        self._last = -float("inf")
        self._used_up: str | None = None
        self.n_asked = self.n_images = 0

    def panorama(self, longitude: float, latitude: float, *, radius_m: int) -> Panorama | None:
        """Look up the outdoor panorama nearest to a point; None where there is none in reach.

        Raises
        ------
        QuotaError
            If the provider refuses more requests for now.
        InputError
            If the provider refuses the key, or does not answer.
        """
        public = {
            "location": f"{latitude:.6f},{longitude:.6f}",
            "radius": str(radius_m),
            "source": "outdoor",
        }
        cached = self._place("metadata", public, ".json")
        answer = _understood(cached.read_bytes()) if cached.is_file() else None
        if answer is None or not _is_final(answer):  # never asked, or damaged since
            answer = self._metadata(public)
            with whole_file(cached) as beside:
                beside.write_text(json.dumps(answer, sort_keys=True), encoding="utf-8")
        return _panorama(answer) if answer["status"] == "OK" else None

    def image(self, panorama: Panorama, *, heading: float, px: int, fov: int = 90) -> Path:
        """Path of the image of a panorama in one direction (degrees from north), in the cache.

        Raises
        ------
        QuotaError
            If the provider's quota, or the bound of this run, is used up.
        InputError
            If the provider refuses the key, does not answer, or sends no image.
        """
        public = {
            "pano": panorama.id,
            "size": f"{px}x{px}",
            "heading": f"{heading:.0f}",
            "fov": str(fov),
            "return_error_code": "true",
        }
        cached = self._place("image", public, ".jpg")
        if cached.is_file():
            return cached
        if self._most_images is not None and self.n_images >= self._most_images:
            raise self._stop(f"this run may ask for {self._most_images} images (most_images)")
        body, kind = self._get("", public)
        self.n_images += 1
        if not kind.startswith("image/"):
            raise InputError(
                f"street view: {kind or 'an answer without type'} came instead of an image of "
                f"panorama {panorama.id}; see {KEY.page}"
            )
        with whole_file(cached) as beside:
            beside.write_bytes(body)
        return cached

    def _metadata(self, public: Mapping[str, str]) -> dict:
        """Ask until there is an answer that says whether there is a panorama."""
        for failure in range(1, self._patience.attempts + 1):
            body, _ = self._get("/metadata", public)
            answer = _understood(body) or {"status": "no JSON with a status and a place"}
            if _is_final(answer):
                return answer
            status = answer["status"]
            if status == QUOTA_STATUS:
                raise self._stop(f"the provider says {QUOTA_STATUS}")
            problem = self._redact(answer.get("error_message", status))
            if status in ("REQUEST_DENIED", "INVALID_REQUEST"):
                raise InputError(f"street view: the provider refuses: {problem}; {_key_advice()}")
            logger.warning("street view: %s; trying again", problem)
            time.sleep(self._patience.pause(failure))
        raise InputError(f"street view: gave up after {failure} attempts: {problem}")

    def _stop(self, reason: str) -> QuotaError:
        """From now on only the cache answers."""
        self._used_up = reason
        return QuotaError(reason)

    def _get(self, path: str, public: Mapping[str, str]) -> tuple[bytes, str]:
        """Body and content type of an answer, after as many attempts as patience allows."""
        if self._used_up is not None:
            raise QuotaError(self._used_up)
        for failure in range(1, self._patience.attempts + 1):
            status, body, kind, problem = self._attempt(path, public)
            if status == 200:
                return body, kind
            text = self._redact(body[:2000].decode("utf-8", errors="replace"))
            if status == 429 or (status == 403 and "quota" in text.lower()):
                raise self._stop(f"the provider answers {status}")
            if status is not None and status not in TRY_AGAIN:
                raise InputError(
                    f"street view: the provider answers {status} "
                    f"({' '.join(text.split())[:200]}); {_key_advice()}"
                )
            problem = problem or f"the provider answers {status}"
            logger.warning("street view: %s (attempt %d)", problem, failure)
            time.sleep(self._patience.pause(failure))
        raise InputError(
            f"street view: gave up after {failure} attempts: {problem}; what was fetched is kept, "
            "run again"
        )

    def _attempt(
        self, path: str, public: Mapping[str, str]
    ) -> tuple[int | None, bytes, str, str | None]:
        """Send one request: status, body, content type; or what went wrong, without the key."""
        self._wait()
        self.n_asked += 1
        # Errors of requests quote the address with the key: their text leaves here redacted, and
        # nothing is raised inside the except block.
        try:
            with self._redact.in_logs():
                answer = requests.get(
                    self._address + path,
                    params={**public, **self._parameters},
                    headers=HEADERS,
                    timeout=(self._patience.connect, self._patience.read),
                )
        except requests.exceptions.RequestException as error:
            return None, b"", "", self._redact(error)
        return answer.status_code, answer.content, answer.headers.get("Content-Type", ""), None

    def _wait(self) -> None:
        seconds = self._last + self._pause - time.monotonic()
        if seconds > 0:
            time.sleep(seconds)
        self._last = time.monotonic()

    def _place(self, kind: str, public: Mapping[str, str], ending: str) -> Path:
        name = hashlib.sha256(f"{kind}?{urlencode(sorted(public.items()))}".encode()).hexdigest()
        return self._cache / kind / name[:2] / f"{name[:32]}{ending}"


def _understood(body: bytes) -> dict | None:
    """An answer about a panorama: with a status, and where that is OK with its name and place."""
    try:
        answer = json.loads(body)
        if answer["status"] == "OK":
            _panorama(answer)
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return answer if isinstance(answer["status"], str) else None


def _is_final(answer: Mapping[str, object]) -> bool:
    """Whether an answer says that there is a panorama, or that there is none."""
    return answer["status"] == "OK" or answer["status"] in NOTHING_THERE


def _panorama(answer: Mapping[str, Any]) -> Panorama:
    longitude, latitude = (float(answer["location"][name]) for name in ("lng", "lat"))
    if not (abs(longitude) <= 180 and abs(latitude) <= 90 and isinstance(answer["pano_id"], str)):
        raise ValueError("no panorama with a name, and a place in degrees")
    details = (str(answer.get(name, "")) for name in ("date", "copyright"))
    return Panorama(answer["pano_id"], longitude, latitude, *details)


def _key_advice() -> str:
    return (
        f"look at the key in {KEY.environment}, its restrictions and its billing, and whether the "
        "Street View Static API is switched on for it"
    )
