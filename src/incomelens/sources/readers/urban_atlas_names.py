"""Which city and which year an Urban Atlas delivery is of, by the names in it."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

_NAME = re.compile(r"^(?P<code>[A-Z]{2}\d{3})(?:[A-Z]\d?)?_(?P<rest>.+)$")
_AFTER_THE_CITY = re.compile(
    r"_(UA\d{4}|CITYBOUNDARY|BOUNDARY|URBANCORE|CHANGE|REVISED|V\d+)(?=_|$).*$"
)


@dataclass(frozen=True)
class City:
    """A functional urban area (FUA): stem of its code (``FR003``) and name (``LYON``)."""

    code: str
    name: str

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


def city_of(name: str) -> City | None:
    """Read the city off a file or layer name such as ``FR003L2_LYON_UA2012_Boundary``.

    None where the name is not of that form, e.g. that of a download of several cities.
    """
    match = _NAME.match(plain(PurePosixPath(name).name.split(".")[0]))
    if match is None:
        return None
    return City(match["code"], _AFTER_THE_CITY.sub("", match["rest"]).replace("_", " "))


def plain(text: str) -> str:
    """Upper-case letters without accents, digits and underscores only."""
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Z0-9]+", "_", letters.upper()).strip("_")


def matching(wanted: str, cities: Iterable[City]) -> list[City]:
    """Cities that `wanted` names: by code or whole name, else by some words of the name.

    Parameters
    ----------
    wanted : str
        ``Lyon``, ``FR003``, ``FR003L2`` or, of *Cheshire West and Chester*, ``Cheshire``.
    cities : iterable of City
    """
    cities = sorted(set(cities), key=str)
    text = plain(wanted)
    code = re.sub(r"^([A-Z]{2}\d{3})[A-Z]\d?$", r"\1", text)
    exact = [city for city in cities if code == city.code or text == plain(city.name)]
    return exact or [city for city in cities if f"_{text}_" in f"_{plain(city.name)}_"]


def names_of_city(wanted: str, names: Sequence[str]) -> list[str]:
    """Names among those of an archive that are of the city; all where no name tells.

    The city can be told by the name of a file or by that of a folder around it.
    """
    of = {name: _city_on_path(name) for name in names}
    cities = matching(wanted, [city for city in of.values() if city is not None])
    return [name for name in names if of[name] in cities] if cities else list(names)


def _city_on_path(name: str) -> City | None:
    path = PurePosixPath(name)
    for part in (path.name, *(parent.name for parent in path.parents)):
        if (city := city_of(part)) is not None:
            return city
    return None
