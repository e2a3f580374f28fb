"""Which synthetic cities and networks the study `validation` looks at."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from incomelens.common.errors import InputError
from incomelens.study.identities import Study

ROLES = ("tune", "judge")


@dataclass(frozen=True, eq=False)
class Worlds:
    """Synthetic cities, in which it is known what tells income, and the networks trained there.

    Raises
    ------
    InputError
        If a city is named that is not synthetic, has two roles, or is probed and has none.
    """

    study: Study

    def __post_init__(self) -> None:
        """Hold the lists of cities against those that are made and studied."""
        synthetic = set(self._demo) & set(self.study.cities)
        if unknown := [city for city in self.cities if city not in synthetic]:
            raise InputError(
                f"validation: {', '.join(unknown)} is asked for, but no synthetic city of this "
                "study; name those that stand in both demo.cities and cities"
            )
        if twice := [city for city in self._settings["tune"] if city in self._settings["judge"]]:
            raise InputError(
                f"validation.judge: {', '.join(twice)} also stands in validation.tune; a city that "
                "something was chosen on cannot judge it"
            )
        if unknown := [city for city in self.probes if city not in self.cities]:
            raise InputError(
                f"validation.probes: {', '.join(unknown)} is neither in validation.tune nor in "
                "validation.judge; name some of those"
            )

    @cached_property
    def cities(self) -> list[str]:
        """Those that something may be chosen on, then those that judge it."""
        return [city for role in ROLES for city in self._settings[role]]

    @cached_property
    def table(self) -> list[dict[str, str]]:
        """Id, name in print, role, style and coast of each: rows of a table."""
        return [
            {
                "city": city,
                "name": self.study.city_names[city],
                "role": role,
                "style": self._demo[city]["style"],
                "coast": self._demo[city].get("coast", "none"),
            }
            for role in ROLES
            for city in self._settings[role]
        ]

    @property
    def probes(self) -> list[str]:
        """Cities whose networks are probed."""
        return self._settings["probes"]

    @property
    def networks(self) -> list[str]:
        """Networks of a probed city: shuffled labels, another seed, head or backbone."""
        return ["main", *self._settings["networks"]]

    @cached_property
    def trained(self) -> list[tuple[str, str]]:
        """City and network of everything that is trained: few networks in cities not probed."""
        everywhere = {"main", *self._settings["everywhere"]}
        return [
            (city, network)
            for city in self.cities
            for network in self.networks
            if network in everywhere or city in self.probes
        ]

    @property
    def scheme(self) -> str:
        """The folds of all of it."""
        return self.study.city_schemes[0] if self.study.city_schemes else "random"

    def of_trained(self, pattern: str) -> list[str]:
        """One path for everything that is trained."""
        return [
            pattern.format(city=city, network=network, scheme=self.scheme)
            for city, network in self.trained
        ]

    def of_cities(self, pattern: str) -> list[str]:
        """One path a synthetic city, of its main network."""
        return self._of_main(pattern, self.cities)

    def of_probes(self, pattern: str) -> list[str]:
        """One path a probed city, of its main network."""
        return self._of_main(pattern, self.probes)

    def of_networks(self, pattern: str) -> list[str]:
        """One path a probed network, of the city and scheme of a rule."""
        return [pattern.replace("{network}", network) for network in self.networks]

    def _of_main(self, pattern: str, cities: list[str]) -> list[str]:
        return [pattern.format(city=city, network="main", scheme=self.scheme) for city in cities]

    @property
    def _settings(self) -> Mapping[str, Any]:
        return self.study.config["validation"]

    @property
    def _demo(self) -> Mapping[str, Any]:
        return self.study.config["demo"]["cities"]
