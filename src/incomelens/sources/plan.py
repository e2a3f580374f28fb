"""Which sources and tables a study needs, read off its configuration."""

from collections.abc import Iterator, Mapping
from typing import Any

from incomelens.common.errors import InputError

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
