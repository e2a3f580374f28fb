"""What was run, in numbers, and what the study lacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from incomelens.paper.aerial.names import SCHEMES as CITY_SCHEMES
from incomelens.paper.names import INCOMES, LEVELS, MODES, SCHEMES, level_names

# More cities than these are counted together.
MOST_CITIES = 6
# Folds of cities that any city can have; the others take shared labels, or several areas.
EVERYWHERE = ("random", "block")
NO_DISTRICTS = ("District study", "this study asks for none of its tables and figures.")


@dataclass(frozen=True)
class Fact:
    """A number and what it counts."""

    number: str
    words: str


@dataclass(frozen=True)
class Part:
    """One part of a study in a sentence, and its numbers."""

    title: str
    text: str
    facts: tuple[Fact, ...] = ()


def parts_run(config: Mapping, maps: Sequence[Mapping]) -> list[Part]:
    """Tell the parts that a study ran.

    Parameters
    ----------
    config : mapping
        As resolved.
    maps : sequence of mappings
        From :func:`incomelens.report.map.cities.city_map` and
        :func:`incomelens.report.map.districts.district_map`, for the counts.
    """
    by_key = {place["key"]: place for place in maps}
    parts = []
    if any(city in by_key for city in config["cities"]):
        parts.append(_aerial(config, by_key))
    if any(level in by_key for level in config["districts"]["levels"]):
        parts.append(_districts(config, by_key))
    return parts


def _aerial(config: Mapping, maps: Mapping[str, Mapping]) -> Part:
    names = [config["city"][city]["name"] for city in config["cities"]]
    folds, networks = config["folds"]["cities"], config["inference"]["networks"]
    main = networks["main"]
    schemes = _and([CITY_SCHEMES.get(scheme, scheme) for scheme in folds["schemes"]])
    where = _and(names) if len(names) <= MOST_CITIES else f"{len(names)} cities"
    european = all(config["city"][city]["income"]["reader"] != "cells" for city in config["cities"])
    along = "along 200 m" if european else "a side"
    text = (
        f"A network ({main['backbone']}, {main['head']} head) read an aerial image of every "
        f"{'census ' * european}cell of {where} and predicted its fifth of the city’s incomes, in "
        f"{folds['n_folds']} folds under {schemes}; tiles of {config['tiles']['tile_px']} pixels "
        f"{along}. What it looked at was summed over land use and tested against H0 and H1."
    )
    facts = [
        Fact(f"{_n_kept(maps[city]):,}", f"cells kept in {config['city'][city]['name']}")
        for city in config["cities"]
        if city in maps
    ]
    if len(facts) > MOST_CITIES:
        n_cells = sum(_n_kept(maps[city]) for city in config["cities"] if city in maps)
        facts = [Fact(f"{n_cells:,}", f"cells kept in {len(facts)} cities")]
    n_networks = 1 + len(config["inference"]["compare"])
    n_fits = len(names) * len(folds["schemes"]) * folds["n_folds"]
    facts.append(Fact(f"{n_fits * n_networks:,}", "networks trained"))
    return Part("Aerial study", text, tuple(facts))


def _n_kept(city: Mapping) -> int:
    observed = next(layer for layer in city["layers"] if layer["key"] == "observed")
    return sum(value is not None for value in observed["values"])


def _districts(config: Mapping, maps: Mapping[str, Mapping]) -> Part:
    settings = config["districts"]
    names = level_names(settings)
    levels = _and([names[level] for level in settings["levels"]])
    incomes = _and([INCOMES[income] for income in settings["incomes"]])
    modes = _and([f"“{MODES[mode]}”" for mode in config["ssig"]["modes"]])
    schemes = _and([SCHEMES[scheme] for scheme in config["folds"]["schemes"]])
    text = (
        f"A Gaussian process with a Matérn-3/2 kernel predicted {incomes} of districts (level: "
        f"{levels}) from ten census variables and location, in "
        f"{config['folds']['n_folds']} folds (folds: {schemes}), read as {modes}. "
    )
    sizes = config["ssig"]["approximation"]
    if any(len(maps[level]["ids"]) > sizes["exact_districts"] for level in names if level in maps):
        text += (
            f"Fitted to more than {sizes['exact_districts']:,} districts it is approximate, by "
            f"{sizes['inducing_points']:,} inducing points. "
        )
    if config["shapley"]["modes"]:
        text += "Shapley values say what moves its predictions."
    facts = [
        Fact(f"{len(maps[level]['ids']):,}", f"districts, level {names[level]}")
        for level in settings["levels"]
        if level in maps
    ]
    return Part("District study", text, tuple(facts))


def _and(words: Sequence[str]) -> str:
    """Join words as a sentence does.

    Examples
    --------
    >>> _and(["a"]), _and(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def missing_parts(
    config: Mapping,
    unasked: Sequence[Mapping[str, str]],
    *,
    with_districts: bool,
    with_shapley: bool,
) -> list[tuple[str, str]]:
    """Name what this study lacks, and why.

    Parameters
    ----------
    config : mapping
    unasked : sequence of mappings
        Tables and figures (``study``, ``label``) that the workflow has and this study does not
        ask for.
    with_districts, with_shapley : bool
        Whether the study has a district part, and whether there are Shapley values.

    Returns
    -------
    list of (part, reason)
    """
    missing = []
    if not config["cities"]:
        missing.append(("Aerial study", "this study names no city (cities is empty)."))
    elif len(config["cities"]) == 1:
        missing.append(("From city to city", "it takes two cities, this study names one."))
    schemes = config["folds"]["cities"]["schemes"] if config["cities"] else CITY_SCHEMES
    missing += [
        (f"Aerial study, {words}", _not_among("folds.cities.schemes"))
        for scheme, words in CITY_SCHEMES.items()
        if scheme in EVERYWHERE and scheme not in schemes
    ]
    missing += _missing_of_districts(config, with_shapley) if with_districts else [NO_DISTRICTS]
    for study in dict.fromkeys(exhibit["study"] for exhibit in unasked):
        if study in (part[0] for part in missing):
            continue
        labels = dict.fromkeys(exhibit["label"] for exhibit in unasked if exhibit["study"] == study)
        missing.append((f"{study}, tables and figures", f"{'; '.join(labels)}."))
    return missing


def _missing_of_districts(config: Mapping, with_shapley: bool) -> list[tuple[str, str]]:
    missing = []
    for present, words, setting in (
        (config["districts"]["levels"], LEVELS, "districts.levels"),
        (config["districts"]["incomes"], INCOMES, "districts.incomes"),
        (config["folds"]["schemes"], SCHEMES, "folds.schemes"),
        (config["ssig"]["modes"], MODES, "ssig.modes"),
    ):
        lacking = [f"“{words[name]}”" for name in words if name not in present]
        if lacking:
            missing.append((f"District study, {_and(lacking)}", _not_among(setting)))
    if not with_shapley:
        missing.append(("Shapley values", "no process is explained (shapley.modes is empty)."))
    return missing


def _not_among(setting: str) -> str:
    return f"not among this study’s {setting}."
