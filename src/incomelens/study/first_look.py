"""What the check before a run looks into: where each city's data lie, and how to read them."""

from collections.abc import Mapping
from typing import Any

from incomelens.sources.fetching.plan import OWN_KEYS
from incomelens.study.raw_files import RawFiles, sources_named


def looked_at(raw: RawFiles) -> list[dict[str, Any]]:
    """Of every city, its parts as :func:`incomelens.tiles.understood.city_data` takes them."""
    return [_city(raw, name) for name in raw.study.cities]


def _city(raw: RawFiles, name: str) -> dict[str, Any]:
    entries = raw.study.config["city"]
    income, land_use = entries[name]["income"], entries[name]["land_use"]
    of_income = {"reader": income["reader"], **raw.reader_options(name)}
    dates, of_points = raw.study.dates.get(name, {"": name}), raw.point_options(name)
    return {
        "name": raw.study.city_names[name],
        "label": raw.study.income_labels[name],
        "income": _part(raw, income, of_income),
        "land_use": _part(raw, land_use, raw.land_use_options(name)),
        "boundary": _part(raw, land_use.get("boundary", {}), {}),
        "imagery": {
            date: _part(raw, imagery, {key: imagery.get(key) for key in ("reader", "crs", "bands")})
            for date, imagery in ((date, entries[one]["imagery"]) for date, one in dates.items())
        },
        "points": {
            kind: _part(raw, settings, of_points[kind])
            for kind, settings in raw.study.points(name).items()
        },
    }


def _part(raw: RawFiles, settings: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    own = [raw.own_path(settings[key]) for key in OWN_KEYS if key in settings]
    return {"sources": sources_named(settings), "own": own, "options": options}
