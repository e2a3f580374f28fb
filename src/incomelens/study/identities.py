"""Cities, levels, incomes, folds, modes, modalities and tasks of a study."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Any

from incomelens.common.errors import InputError
from incomelens.common.names import MAIN, SHUFFLED
from incomelens.districts.sizes import Sizes, sizes_of
from incomelens.paper.names import LEVELS, figure_tasks, level_names
from incomelens.sources.fetching.plan import siamese_modalities
from incomelens.study.dates import DATES

NO_LEVELS = {"levels", "incomes", "resamples"}  # other settings in the section `districts`


@dataclass(frozen=True, eq=False)
class Study:
    """What one configuration studies. Every list is in the order of the configuration.

    Parameters
    ----------
    config : mapping
        The configuration, held to its schema.
    environment : mapping, optional
        Where a provider's key is looked up that decides what a study has.

    Raises
    ------
    InputError
        If sections of the configuration contradict each other, naming both keys.
    """

    config: Mapping[str, Any]
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Hold sections of the configuration against each other; the schema sees one at a time."""
        _check_levels(self.config["districts"])
        _check_transfer(self.config["inference"]["transfer_cities"], self.cities)
        _check_prices(self.config["siamese"]["prices"], self.levels)
        _check_group(self.config["folds"]["cities"])
        _check_approximation(self.config["ssig"]["approximation"])
        if clash := set(self.cities) & set(self.levels):
            raise InputError(
                f"{', '.join(clash)}: a city and a level of districts; their files would lie at "
                "the same place: call one of them otherwise"
            )
        if not set(self.shapley_modes) <= set(self.modes):
            raise InputError(
                f"shapley.modes: {', '.join(self.shapley_modes)} asked for, but ssig.modes fits "
                f"only {', '.join(self.modes)}; name the same modes in both"
            )

    # --- The aerial study

    @property
    def cities(self) -> list[str]:
        """Ids of the cities."""
        return self.config["cities"]

    @cached_property
    def city_names(self) -> dict[str, str]:
        """Name in print of every city."""
        return {city: self.config["city"][city]["name"] for city in self.cities}

    @cached_property
    def income_labels(self) -> dict[str, Mapping[str, Any] | None]:
        """What the incomes of every city are (:class:`incomelens.common.labels.Label`)."""
        return {city: self.config["city"][city]["income"].get("label") for city in self.cities}

    @property
    def raster_cities(self) -> list[str]:
        """Cities whose land use comes from rasters."""
        readers = {city: self.config["city"][city]["land_use"]["reader"] for city in self.cities}
        return [city for city, reader in readers.items() if reader == "raster"]

    def points(self, city: str) -> Mapping[str, Mapping[str, Any]]:
        """Kinds of annotated points of a city, with what the configuration says of each."""
        return self.config["city"][city].get("points", {})

    @cached_property
    def point_radii(self) -> dict[str, float]:
        """Kinds of annotated points of any city, with the radius of their discs, metres."""
        kinds = [self.points(city) for city in self.cities]
        return {kind: told["radius_m"] for of_city in kinds for kind, told in of_city.items()}

    @property
    def first_city(self) -> str | None:
        """The city of figures that show one; None in a study without cities."""
        return self.cities[0] if self.cities else None

    @property
    def city_schemes(self) -> list[str]:
        """Folds of cities; the first is that of figures which show one."""
        return self.config["folds"]["cities"]["schemes"]

    @property
    def labels_shared(self) -> bool:
        """Whether several cells take their label from one unit."""
        return self.config["folds"]["cities"]["group"] is not None

    @cached_property
    def city_places(self) -> list[tuple[str, str]]:
        """Every city under every scheme."""
        return list(product(self.cities, self.city_schemes))

    @cached_property
    def city_form(self) -> str:
        """Regular expression of a city's id, which is no level.

        The form and not the list: Snakemake would search a list of hundreds for every file. A study
        without cities has no file of one.
        """
        return rf"(?!(?:{self.level_form})\b)[a-z][a-z0-9_]*" if self.cities else "(?!)"

    @cached_property
    def date_form(self) -> str:
        """Regular expression of the entries of further dates; of none where there are none."""
        return "|".join(self.first_date) or "(?!)"

    @cached_property
    def own_city_form(self) -> str:
        """Regular expression of a city's id that is no entry of a further date."""
        return rf"(?!(?:{self.date_form})\b){self.city_form}" if self.first_date else self.city_form

    @property
    def transfer_cities(self) -> list[str]:
        """Cities on which every model of one another is tried: all, unless some are named."""
        named = self.config["inference"]["transfer_cities"]
        return self.cities if named is None else named

    @property
    def transfer_scheme(self) -> str:
        """The folds whose models are tried elsewhere."""
        return self.config["inference"]["transfer_scheme"]

    @cached_property
    def dates(self) -> dict[str, dict[str, str]]:
        """Of every city with imagery of several dates, the entry of each date; its own is first."""
        entries = {city: self.config["city"].get(city, {}).get(DATES) for city in self.cities}
        return {city: dates for city, dates in entries.items() if dates}

    @cached_property
    def first_date(self) -> dict[str, str]:
        """City that each further date belongs to, by the entry of the date."""
        return {
            entry: city
            for city, dates in self.dates.items()
            for entry in dates.values()
            if entry != city
        }

    @cached_property
    def scored_places(self) -> list[tuple[str, str]]:
        """Every city and further date, under every scheme."""
        return list(product([*self.cities, *self.first_date], self.city_schemes))

    @cached_property
    def scored_names(self) -> dict[str, str]:
        """Name in print of every city and further date."""
        names = {entry: self.config["city"][entry]["name"] for entry in self.first_date}
        return self.city_names | names

    @property
    def networks(self) -> list[str]:
        """The networks that are scored in every city: the main one and those beside it."""
        return [MAIN, *self.config["inference"]["compare"]]

    @cached_property
    def network_settings(self) -> dict[str, Mapping[str, str]]:
        """Settings of every network; beside the configured ones `main` with shuffled labels."""
        named = self.config["inference"]["networks"]
        return {SHUFFLED: {**named[MAIN], "labels": SHUFFLED}, **named}

    @property
    def judges_reliance(self) -> bool:
        """Whether classes are held against a second null and against occlusion."""
        return bool(self.cities and self.city_schemes and self.config["topology"]["reliance"])

    # --- The district study

    @property
    def levels(self) -> list[str]:
        """Levels of districts; none in a study of cities alone."""
        return self.config["districts"]["levels"]

    @property
    def first_level(self) -> str | None:
        """The level of figures that show one; None in a study of cities alone."""
        return self.levels[0] if self.levels else None

    @property
    def level_form(self) -> str:
        """Regular expression of the levels; of none in a study of cities alone."""
        return "|".join(self.levels) or "(?!)"

    @cached_property
    def level_names(self) -> dict[str, str]:
        """Name in print of every level, in the order of print."""
        return level_names(self.config["districts"])

    @property
    def incomes(self) -> list[str]:
        """Incomes of districts that are predicted."""
        return self.config["districts"]["incomes"]

    @property
    def schemes(self) -> list[str]:
        """Folds of districts."""
        return self.config["folds"]["schemes"]

    @cached_property
    def all_schemes(self) -> list[str]:
        """Folds of districts or cities."""
        return list(dict.fromkeys([*self.schemes, *self.city_schemes]))

    @cached_property
    def sizes(self) -> Sizes:
        """Settings that a level may have too few districts for."""
        return sizes_of(self.config)

    @property
    def modes(self) -> list[str]:
        """What of the Gaussian process is optimised."""
        return self.config["ssig"]["modes"]

    @property
    def variants(self) -> list[str]:
        """Readings of the districts' data."""
        return self.config["ssig"]["variants"]

    @cached_property
    def modalities(self) -> list[str]:
        """Of prices, satellite, street_view those that the study has."""
        if not self.levels:
            return []
        return siamese_modalities(self.config["siamese"], self.environment)

    @cached_property
    def image_modalities(self) -> list[str]:
        """Those of them that are images."""
        return [name for name in self.modalities if name != "prices"]

    def modality_settings(self, name: str) -> Mapping[str, Any]:
        """Settings of one modality.

        Raises
        ------
        InputError
            If the study lacks it: a target that needs it was asked for.
        """
        settings = self.config["siamese"].get(name)
        if settings is None:
            raise InputError(f"this study has no siamese.{name} in its configuration")
        return settings

    # --- Tasks: what is predicted, and what of it is explained

    @cached_property
    def predicted_tasks(self) -> list[tuple[str, str, str]]:
        """Level, income and scheme of everything that is predicted out of fold."""
        return list(product(self.levels, self.incomes, self.schemes))

    @property
    def shapley_modes(self) -> list[str]:
        """The modes whose Gaussian process is explained."""
        return self.config["shapley"]["modes"]

    @cached_property
    def explained_tasks(self) -> list[dict[str, str]]:
        """Level, income and mode of everything that is explained, by name."""
        keys = ("level", "income", "mode")
        tasks = product(self.levels, self.incomes, self.shapley_modes)
        return [dict(zip(keys, task, strict=True)) for task in tasks]

    def explained_with(self, level: str, income: str) -> list[dict[str, str]]:
        """The explained tasks of one level and income: one for each mode."""
        place = (level, income)
        return [task for task in self.explained_tasks if (task["level"], task["income"]) == place]

    @property
    def figure_mode(self) -> str:
        """The mode of the figures of Shapley values."""
        return self.config["figures"]["shapley_mode"]

    @cached_property
    def figure_tasks(self) -> dict[int, tuple[str, str]]:
        """Level and income of every figure of Shapley values, by its number."""
        return figure_tasks(self.level_names, self.incomes)

    def shown_in_figure(self, number: int) -> tuple[str, str] | None:
        """Level and income of one of these figures; None where the study does not explain them.

        The paper's Figs. 2-5 keep their numbers in a study that has fewer tasks.
        """
        level, income = self.figure_tasks.get(number, (None, None))
        known = level in self.levels and income in self.incomes
        return (level, income) if known and self.figure_mode in self.shapley_modes else None


def _check_levels(districts: Mapping[str, Any]) -> None:
    levels = districts["levels"]
    if lacking := [level for level in levels if level not in districts]:
        raise InputError(
            f"districts.levels: {', '.join(lacking)} has no section of its own; say below "
            "`districts` where its districts come from"
        )
    # The default's two sections may stay unused; any other is a typo, or was forgotten in `levels`.
    if unused := set(districts) - NO_LEVELS - {*levels, *LEVELS}:
        raise InputError(
            f"districts: {', '.join(sorted(unused))} is no setting, and no level that "
            f"districts.levels names; it has {', '.join(levels)}"
        )


def _check_transfer(named: list[str] | None, cities: list[str]) -> None:
    # Every model on every city is too much for hundreds of cities: some may be named.
    if named is not None and not set(named) <= set(cities):
        raise InputError(
            f"inference.transfer_cities: {', '.join(named)} asked for, but `cities` has only "
            f"{', '.join(cities)}"
        )


def _check_group(folds: Mapping[str, Any]) -> None:
    if "group" in folds["schemes"] and folds["group"] is None:
        raise InputError(
            "folds.cities.schemes: group holds out whole units of shared labels, and "
            "folds.cities.group names none; set it to unit or leave the scheme out"
        )


def _check_approximation(sizes: Mapping[str, int]) -> None:
    most = sizes["exact_districts"]
    if over := [key for key in ("inducing_points", "learnt_on") if sizes[key] > most]:
        raise InputError(
            f"ssig.approximation.{over[0]}: {sizes[over[0]]:,} are more than the {most:,} of "
            "exact_districts, beyond which they are used; lower it, or fit more districts exactly"
        )


def _check_prices(prices: Mapping[str, Any] | None, levels: list[str]) -> None:
    # A column for a level that there is not would say nothing; the paper's two may stay.
    unknown = set((prices or {}).get("district_columns") or {}) - {*levels, *LEVELS}
    if unknown:
        raise InputError(
            f"siamese.prices.district_columns: {', '.join(sorted(unknown))} is no level of this "
            f"study; districts.levels has {', '.join(levels)}"
        )
