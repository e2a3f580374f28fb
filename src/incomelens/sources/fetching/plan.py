"""Which sources and tables a study needs, read off its configuration."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from incomelens.common.errors import InputError, listed
from incomelens.common.names import MODALITIES
from incomelens.sources.fetching.keys import missing_key
from incomelens.sources.fetching.registry import Secret

USED_FOR = {
    "prices": "Sales of homes",
    "satellite": "Daytime images of districts from above",
    "street_view": "Photographs taken in districts",
}
STREET_VIEW_KEY = Secret(
    environment="GOOGLE_STREET_VIEW_API_KEY",
    parameter="key",
    required=True,
    page="https://developers.google.com/maps/documentation/streetview/get-api-key",
)
"""Key of Google's Street View Static API: the user's own."""

# The codes of ZIP areas do not say where they lie: the level of that name needs `relationship`.
CENSUS_KEYS = ("tables", "boundaries")
OWN_KEYS = ("table", "folder")


def district_sources(districts: Mapping[str, Any]) -> list[str]:
    """Ids of the sources that the districts of all levels come from, each once.

    Parameters
    ----------
    districts : mapping
        Section ``districts`` of the configuration.
    """
    return list(dict.fromkeys(_census_sources(districts)))


def district_tables(districts: Mapping[str, Any]) -> list[str]:
    """Names of the user's own tables, below ``data_dir``, each once.

    Parameters
    ----------
    districts : mapping
        Section ``districts`` of the configuration.
    """
    return list(dict.fromkeys(_own_tables(districts)))


def city_sources(cities: Sequence[str], city: Mapping[str, Any]) -> list[str]:
    """Ids of the sources that the aerial study's cities come from, each once.

    Parameters
    ----------
    cities : sequence of str
        Section ``cities`` of the configuration: the cities that are studied.
    city : mapping
        Section ``city``: where the data of each come from.

    Raises
    ------
    InputError
        If a city has no entry.
    """
    missing = [name for name in cities if name not in city]
    if missing:
        raise InputError(
            f"configuration: city.{missing[0]} is missing, although `cities` names it; there are "
            f"{listed(city, 20)}"
        )
    return list(dict.fromkeys(source for name in cities for source in sources_of_city(city[name])))


def sources_of_city(settings: Mapping[str, Any]) -> list[str]:
    """Ids of the sources of one city: its incomes, land use and imagery."""
    return [
        *(part["source"] for part in _one_each(settings) if "source" in part),
        *settings["imagery"].get("sources", []),
    ]


def city_files(cities: Sequence[str], city: Mapping[str, Any]) -> list[str]:
    """Names of the user's own files and folders of all cities, below ``data_dir``, each once.

    Parameters
    ----------
    cities, city
        As of :func:`city_sources`.
    """
    parts = [part for name in cities for part in _one_each(city[name])]
    return list(dict.fromkeys(part[key] for part in parts for key in OWN_KEYS if key in part))


def _one_each(settings: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Settings of a city that name a source, or a file of the user's own."""
    land = settings["land_use"]
    points = settings.get("points", {}).values()
    return settings["income"], land, land.get("boundary", {}), settings["imagery"], *points


def embedding_sources(embeddings: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Ids of the sources of embeddings, sections ``embeddings`` of the configuration."""
    return [settings["source"] for settings in embeddings.values() if "source" in settings]


def embedding_files(embeddings: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Names of the user's own tables of embeddings, below ``data_dir``."""
    return [settings["table"] for settings in embeddings.values() if "table" in settings]


def siamese_modalities(siamese: Mapping[str, Any], environment: Mapping[str, str]) -> list[str]:
    """Which modalities a study has for the image-and-price baselines.

    Parameters
    ----------
    siamese : mapping
        Section ``siamese`` of the configuration; a modality that is null or absent is not there.
    environment : mapping
        Where the key of Google's Street View is looked up: without one, the study simply has no
        street view.
    """
    return [
        name
        for name in MODALITIES
        if siamese.get(name) is not None and not _lacks_key(siamese, name, environment)
    ]


def siamese_notes(siamese: Mapping[str, Any], environment: Mapping[str, str]) -> list[str]:
    """What a reader should know of the modalities that a study lacks."""
    if siamese.get("street_view") is None or not _lacks_key(siamese, "street_view", environment):
        return []
    return [
        f"no street view, the models are built without it (-noSV): {missing_key(STREET_VIEW_KEY)}"
    ]


def siamese_sources(siamese: Mapping[str, Any]) -> list[str]:
    """Ids of the sources of sales, tax lots and images, each once."""
    return list(dict.fromkeys(name for _, name in _siamese(siamese, "sources")))


def siamese_files(siamese: Mapping[str, Any]) -> list[str]:
    """Names of the user's own files and folders, below ``data_dir``, each once."""
    return list(dict.fromkeys(name for _, name in _siamese(siamese, "files")))


def unregistered(
    districts: Mapping[str, Any], siamese: Mapping[str, Any], environment: Mapping[str, str]
) -> dict[str, str]:
    """What the district study reads beside the registry's sources, and what for.

    The user's own files and folders, and street views that are asked for one by one.

    Parameters
    ----------
    districts, siamese : mapping
        Sections of the configuration.
    environment : mapping
        As for :func:`siamese_modalities`.
    """
    used = dict.fromkeys(district_tables(districts), "Incomes, variables and boundaries")
    used |= {name: USED_FOR[modality] for modality, name in _siamese(siamese, "files")}
    views = siamese.get("street_view") or {"reader": None}
    if views["reader"] == "google" and not _lacks_key(siamese, "street_view", environment):
        used["Street View Static API; Google"] = USED_FOR["street_view"]
    return used


def _lacks_key(siamese: Mapping[str, Any], modality: str, environment: Mapping[str, str]) -> bool:
    asks_google = modality == "street_view" and siamese[modality]["reader"] == "google"
    return asks_google and not environment.get(STREET_VIEW_KEY.environment, "").strip()


@dataclass(frozen=True)
class _Reader:
    """Keys of a modality that name sources and files, and those of which one has to be set."""

    sources: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()


SIAMESE_READERS = {
    ("prices", "dof"): _Reader(sources=("source", "lots"), needed=("source",)),
    ("prices", "located"): _Reader(files=("table",), needed=("table",)),
    ("satellite", "ign"): _Reader(sources=("sources",), needed=("sources",)),
    ("satellite", "geotiff"): _Reader(sources=("sources",), needed=("sources",)),
    ("street_view", "folder"): _Reader(("source",), ("folder",), needed=("folder", "source")),
    ("street_view", "google"): _Reader(),
}


def _siamese(siamese: Mapping[str, Any], kind: str) -> Iterator[tuple[str, str]]:
    """Modality and value of the keys of all modalities that name `kind` (sources, files)."""
    for modality in MODALITIES:
        settings = siamese.get(modality)
        if settings is None:
            continue
        reader = SIAMESE_READERS[modality, settings["reader"]]
        if reader.needed and all(settings.get(key) is None for key in reader.needed):
            raise InputError(
                f"configuration: siamese.{modality}.{reader.needed[0]} is missing; reader "
                f"{settings['reader']} needs {' or '.join(reader.needed)}"
            )
        for key in getattr(reader, kind):
            named = settings.get(key)
            names = [named] if isinstance(named, str) else named or []
            yield from ((modality, name) for name in names)


def _levels(districts: Mapping[str, Any], adapter: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for level in districts["levels"]:
        if districts[level]["adapter"] == adapter:
            yield level, districts[level]


def _census_sources(districts: Mapping[str, Any]) -> Iterator[str]:
    for level, section in _levels(districts, "census"):
        with_relationship = level == "zip" or "relationship" in section
        for key in (*CENSUS_KEYS, *["relationship"] * with_relationship):
            if key not in section:
                raise InputError(
                    f"configuration: districts.{level}.{key} is missing; adapter census needs the "
                    "id of a source there"
                )
            yield section[key]


def _own_tables(districts: Mapping[str, Any]) -> Iterator[str]:
    for level, section in _levels(districts, "table"):
        if "table" not in section:
            raise InputError(
                f"configuration: districts.{level}.table is missing; adapter table needs the name "
                "of a file below data_dir there"
            )
        yield section["table"]
        if "boundaries_table" in section:
            yield section["boundaries_table"]
        if "areas_from" in section:
            yield section["areas_from"]["table"]
