"""Further dates of a city's imagery: a city of their own to whoever cuts tiles and trains."""

from collections.abc import Mapping
from typing import Any

from incomelens.common.errors import InputError

DATES = "dates"
"""Where :func:`with_dates` says which entry of a city is of which date."""


def with_dates(city: Mapping[str, Any]) -> dict[str, Any]:
    """Give every further date of a city's imagery an entry of its own.

    Such an entry, ``{city}_{date}``, has the cells, land use and shards of the city, and its
    imagery but for what the date says otherwise. It is no city that is studied: it has no maps and
    tests. The city's own imagery no longer tells of other dates, so that a further one changes
    nothing that is made from it.

    Parameters
    ----------
    city : mapping
        Section ``city`` of the configuration, held to its schema.

    Raises
    ------
    InputError
        If an entry of that name stands there already.
    """
    entries = dict(city)
    for name, settings in city.items():
        imagery = dict(settings["imagery"])
        if "vintages" not in imagery:
            continue
        vintages, date = imagery.pop("vintages"), imagery.pop("date")
        dates = {date: name}
        common = {key: imagery[key] for key in imagery if key not in ("sources", "folder")}
        for other, said in vintages.items():
            dates[other] = f"{name}_{other}"
            if dates[other] in city or other == date:
                raise InputError(
                    f"city.{name}.imagery.vintages: {other} stands there twice, or {dates[other]} "
                    "is a city as well; call one of them otherwise"
                )
            entries[dates[other]] = {
                **settings,
                "name": f"{settings['name']}, {other}",
                "imagery": common | said,
            }
        entries[name] = {**settings, "imagery": imagery, DATES: dates}
    return entries
