"""Which sources and tables a study needs, read off its configuration."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from incomelens.common.errors import InputError, listed

CENSUS_KEYS = {"tract": ("tables", "boundaries"), "zip": ("tables", "boundaries", "relationship")}


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
        settings["income"]["source"],
        settings["land_use"]["source"],
        *settings["imagery"]["sources"],
    ]


def _levels(districts: Mapping[str, Any], adapter: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for level in districts["levels"]:
        if districts[level]["adapter"] == adapter:
            yield level, districts[level]


def _census_sources(districts: Mapping[str, Any]) -> Iterator[str]:
    for level, section in _levels(districts, "census"):
        for key in CENSUS_KEYS[level]:
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
