"""Which synthetic cities and networks the study `validation` looks at."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from incomelens.study.identities import Study


@dataclass(frozen=True, eq=False)
class Worlds:
    """Synthetic cities, in which it is known what tells income, and the networks trained there."""

    study: Study

    @cached_property
    def cities(self) -> list[str]:
        """Those of the study's cities that are synthetic."""
        return [city for city in self._demo if city in self.study.cities]

    @cached_property
    def names(self) -> dict[str, str]:
        """Name in print of each."""
        return {city: self.study.city_names[city] for city in self.cities}

    @cached_property
    def styles(self) -> dict[str, str]:
        """What was planted in each."""
        return {city: self._demo[city]["style"] for city in self.cities}

    @cached_property
    def probes(self) -> list[str]:
        """The first cities of each style: those whose networks are probed."""
        most = self.study.config["validation"]["probes"]
        return [
            city
            for style in dict.fromkeys(self.styles.values())
            for city in [city for city in self.cities if self.styles[city] == style][:most]
        ]

    @property
    def networks(self) -> list[str]:
        """Networks of a probed city: shuffled labels, another seed, another head."""
        return ["main", *self.study.config["validation"]["networks"]]

    @cached_property
    def trained(self) -> list[tuple[str, str]]:
        """City and network of everything that is trained: few networks in cities not probed."""
        everywhere = {"main", *self.study.config["validation"]["everywhere"]}
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
    def _demo(self) -> Mapping[str, Any]:
        return self.study.config["demo"]["cities"]
