"""The raw files of a study: sources of each of its parts, and what the jobs read of them."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from incomelens.districts.sizes import check_most
from incomelens.sources.fetching.origins import Places, fetched_path, has_origin
from incomelens.sources.fetching.plan import (
    OWN_KEYS,
    city_files,
    city_sources,
    district_sources,
    district_tables,
    embedding_files,
    embedding_sources,
    siamese_files,
    siamese_notes,
    siamese_sources,
    sources_of_city,
    unregistered,
)
from incomelens.sources.fetching.registry import Registry, invented
from incomelens.study.identities import Study

TOLD = ("title", "provider", "used_for", "time_frame", "licence", "page", "citation")
"""What tables of data sets say of a source."""
NOT_OF_THE_READER = ("reader", "source", *OWN_KEYS, "label")
CELLS_OF_A_CITY = 15_000
"""With people, about, in a city of the Urban Atlas."""


@dataclass(frozen=True)
class Part:
    """A part of a study, which is checked as a whole before anything of it is fetched.

    Attributes
    ----------
    sources : list of str
        Ids in the registry.
    tables : list of str
        The user's own files below ``data_dir``.
    notes : list of str
        What a reader should know beside.
    mb : float
        What it writes beside its raw files, roughly.
    """

    sources: list[str]
    tables: list[str]
    notes: list[str]
    mb: float


@dataclass(frozen=True, eq=False)
class RawFiles:
    """Which raw files a study reads, and where they lie once they are checked.

    A source that no registry has is told by whoever asks for its files: a part of the study can run
    while another's sources are missing.

    Raises
    ------
    InputError
        If a city has no entry, or a level or modality does not say where its data come from.
    """

    study: Study
    registry: Registry

    def __post_init__(self) -> None:
        """Find what the configuration forgot before any job is planned."""
        _ = self.parts

    @cached_property
    def parts(self) -> dict[str, Part]:
        """District study, aerial study and baselines, each with its sources."""
        config, environment = self.study.config, self.study.environment
        districts, siamese = config["districts"], config["siamese"]
        of_cells, of_districts = (config[key]["embeddings"] for key in ("inference", "ssig"))
        cities = [*self.study.cities, *self.study.first_date]
        # Orthophotos of New York are unpacked beside their archives.
        siamese_mb = 20_000 if siamese["satellite"] and not config["mirror"] else 500
        nothing = Part([], [], [], 0)
        parts = {
            "district": Part(
                district_sources(districts) + embedding_sources(of_districts),
                district_tables(districts) + embedding_files(of_districts),
                [],
                200,
            ),
            "aerial": Part(
                city_sources(cities, config["city"]) + embedding_sources(of_cells),
                city_files(cities, config["city"]) + embedding_files(of_cells),
                [],
                self._tiles_mb,
            ),
            "siamese": Part(
                siamese_sources(siamese),
                siamese_files(siamese),
                siamese_notes(siamese, environment),
                siamese_mb,
            ),
        }
        if self.study.levels:
            return parts
        return parts | {"district": nothing, "siamese": nothing}

    def checks(self, *names: str) -> dict[str, Any]:
        """What is checked before anything of some parts of the study is fetched."""
        parts = [self.parts[name] for name in names]
        return {
            "sources": list(dict.fromkeys(chain(*(part.sources for part in parts)))),
            "own_files": self.own_tables(*names),
            "places": self.places,
            "results_mb": sum(part.mb for part in parts),
            "notes": [note for part in parts for note in part.notes],
        }

    @cached_property
    def unregistered(self) -> dict[str, str]:
        """What the district study reads beside the registry's sources, and what for."""
        config = self.study.config
        return unregistered(config["districts"], config["siamese"], self.study.environment)

    @cached_property
    def places(self) -> dict[str, Any]:
        """Where raw files are looked for, and whether the workflow makes the mirror itself."""
        config = self.study.config
        mirror, made = config["mirror"], f"results/{config['study']}/demo"
        return {
            "mirror": mirror,
            "manual_dir": config["manual_dir"],
            "demo": mirror is not None and Path(mirror).is_relative_to(made),
        }

    # --- Files of the registry

    def of_sources(self, *sources: str) -> list[str]:
        """Paths of all files of these sources, checked and whole."""
        return [f"<results>/sources/{file.label}" for file in self.registry.files(sources)]

    def records(self) -> list[str]:
        """What is noted down of where each file of the whole study came from."""
        files = self.of_sources(*self.checks(*self.parts)["sources"])
        return [f"{file}.origin.json" for file in files]

    def wanted(self, source: str, name: str) -> list[Any]:
        """What decides about the bytes of a file: a change of these fetches it again."""
        file = self.registry.file(source, name)
        return [file.address, file.format, file.sha256, file.bytes]

    def made_mirror_file(self, source: str, name: str) -> str | list[str]:
        """The file in the mirror, where the workflow makes the mirror; else nothing."""
        return f"{self.places['mirror']}/{source}/{name}" if self.places["demo"] else []

    def checked(self, part: str) -> str:
        """The stamp which says that a part misses nothing.

        A rule that reads a table of the user instead of a source takes it as an input as well.
        While there is something that a person has to put, the stamp has a name under which there is
        none, so that a part that was checked before is checked again.
        """
        return f"<results>/sources/preflight-{part}{'-missing' * self._misses[part]}.txt"

    def keep_stamps(self, script: str | Path) -> None:
        """Make stamps that are there younger than the script that makes them.

        Snakemake runs a job whose script is newer than its output, be it by a copy of the checkout,
        and then leaves out whatever depends on that job by ``ancient`` alone, also what changed
        settings or code ask for. A folder that nobody may write to is left as it is.
        """
        results = f"results/{self.study.config['study']}"
        for part in self.parts:
            stamp = Path(self.checked(part).replace("<results>", results))
            with suppress(OSError):
                changed = Path(script).stat().st_mtime
                if stamp.stat().st_mtime <= changed:
                    os.utime(stamp, (changed + 1, changed + 1))

    @cached_property
    def _misses(self) -> dict[str, bool]:
        """Of every part, whether a person has to put a file of it."""
        return {part: self._is_missing(part) for part in self.parts}

    def _is_missing(self, part: str) -> bool:
        if any(not Path(path).exists() for path in self.own_tables(part)):
            return True
        places, results = Places(**self.places), f"results/{self.study.config['study']}"
        known = [name for name in self.parts[part].sources if name in self.registry.sources]
        return any(
            not fetched_path(file, results).is_file() and not has_origin(file, places)
            for file in self.registry.files(known)
        )

    def checked_for(self, source: str) -> list[str]:
        """The stamps of the parts that a source belongs to."""
        return [self.checked(name) for name, part in self.parts.items() if source in part.sources]

    # --- The user's own files

    def own_tables(self, *parts: str) -> list[str]:
        """Paths of the user's own files that some parts read, be they there or not."""
        names = [name for part in parts for name in self.parts[part].tables]
        return [self.own_path(name) for name in dict.fromkeys(names)]

    def own_input(self, name: str) -> list[str]:
        """A user's file as an input of a rule.

        Nothing where it is missing, so that the check of its part tells it, with everything else
        that is missing, before anything runs.
        """
        path = self.own_path(name)
        return [path] if Path(path).exists() else []

    def own_path(self, name: str) -> str:
        """Path of a user's own file, be it there or not."""
        return str(Path(self.study.config["data_dir"]) / name)

    # --- What a job reads

    def of_level(self, level: str) -> dict[str, str | list[str]]:
        """Files that the districts of a level are read from, by their part in it.

        Raises
        ------
        InputError
            If a synthetic city, whose size is known before it is made, has too few districts.
        """
        config = self.study.config
        settings = config["districts"][level]
        if settings["adapter"] == "table":
            return self._own_files_of_level(settings)
        if self.places["demo"]:
            key = "n_zctas" if "relationship" in settings else "n_tracts"
            sizes = self.study.sizes
            check_most(config["demo"][key], sizes, level=level, because=f"demo.{key}")
        single = [key for key in ("boundaries", "relationship") if key in settings]
        return {
            "tables": self.of_sources(settings["tables"]),
            **{key: self.of_sources(settings[key])[0] for key in single},
        }

    def _own_files_of_level(self, settings: Mapping[str, Any]) -> dict[str, str | list[str]]:
        names = {key: settings[key] for key in ("table", "boundaries_table") if key in settings}
        if "areas_from" in settings:
            names["areas_from"] = settings["areas_from"]["table"]
        files = {key: self.own_input(name) for key, name in names.items()}
        return {key: found[0] if found else [] for key, found in files.items()}

    def of_city(self, city: str, kind: str) -> list[str]:
        """Files of one kind (income, land_use, imagery) of a city, the user's own as well."""
        return self._files_of(self.study.config["city"][city][kind])

    def boundary_of_city(self, city: str) -> list[str]:
        """The file that bounds a city, where its land use does not."""
        return self._files_of(self.study.config["city"][city]["land_use"].get("boundary", {}))

    def points_of_city(self, city: str) -> list[str]:
        """Files of the annotated points of a city, one a kind."""
        points = self.study.points(city).values()
        return [path for settings in points for path in self._files_of(settings)[:1]]

    def _files_of(self, settings: Mapping[str, Any]) -> list[str]:
        """Files that a section names: those of the registry, then the user's own."""
        names = [settings[key] for key in OWN_KEYS if key in settings]
        own = [path for name in names for path in self.own_input(name)]
        return [*self.of_sources(*sources_named(settings)), *own]

    def reader_options(self, city: str) -> dict[str, Any]:
        """What the reader of a city's incomes is told beside the file: columns, of a table."""
        settings = self.study.config["city"][city]["income"]
        return {key: settings[key] for key in settings if key not in NOT_OF_THE_READER}

    def land_use_options(self, city: str) -> dict[str, Any]:
        """What the reader of a city's land use is told beside its files."""
        settings = self.study.config["city"][city]["land_use"]
        files = ("source", *OWN_KEYS, "boundary")
        layer = settings.get("boundary", {}).get("layer")
        return {key: settings[key] for key in settings if key not in files} | {
            "boundary_layer": layer
        }

    def point_options(self, city: str) -> dict[str, dict[str, Any]]:
        """What the reader of a city's points is told beside their files, by kind."""
        files = ("source", *OWN_KEYS, "radius_m")
        return {
            kind: {key: settings[key] for key in settings if key not in files}
            for kind, settings in self.study.points(city).items()
        }

    def of_embeddings(self, section: str) -> list[str]:
        """One table an embedding of a section, `inference` or `ssig`, in its order."""
        embeddings = self.study.config[section]["embeddings"].values()
        return [path for settings in embeddings for path in self._files_of(settings)]

    def of_sales(self) -> dict[str, list[str]]:
        """Sales, and where their tax lots lie."""
        settings = self.study.modality_settings("prices")
        if settings["reader"] == "located":
            return {"sales": self.own_input(settings["table"])}
        lots = settings.get("lots")
        return {
            "sales": self.of_sources(settings["source"]),
            "lots": self.of_sources(lots) if lots else [],
        }

    def of_satellite(self) -> list[str]:
        """Orthophotos of the districts."""
        return self.of_sources(*self.study.modality_settings("satellite")["sources"])

    def of_street_views(self) -> list[str]:
        """A folder of images, or an archive of one; nothing where they are asked of Google."""
        settings = self.study.modality_settings("street_view")
        if settings["reader"] == "google":
            return []
        if settings.get("folder"):
            return self.own_input(settings["folder"])
        return self.of_sources(settings["source"])

    # --- Synthetic cities

    def of_demo_cities(self) -> list[str]:
        """Files of the mirror that the synthetic cities are written to, below its folder."""
        config = self.study.config
        cities = [sources_of_city(config["city"][city]) for city in config["demo"]["cities"]]
        sources = dict.fromkeys(chain(*cities))
        # What else they name is told by the jobs that read it.
        known = [source for source in sources if source in self.registry.sources]
        return [file.label for file in self.registry.files(known)]

    def demo_city_settings(self) -> list[dict[str, Any]]:
        """What the synthetic cities are made of."""
        config = self.study.config
        return [
            settings | {"name": config["city"][city]["name"]}
            for city, settings in config["demo"]["cities"].items()
        ]

    # --- What is told of it

    def told_of(self, sources: Iterable[str]) -> dict[str, dict[str, str]]:
        """What tables of data sets say of these sources, by id.

        Of files that the workflow makes in a provider's formats they say so, and not that they are
        the provider's.
        """
        entries = {source: self.registry.source(source) for source in sources}
        if self.places["demo"]:
            entries = {source: invented(entry) for source, entry in entries.items()}
        return {
            source: {key: getattr(entry, key) for key in TOLD} for source, entry in entries.items()
        }

    def told_of_cities(self) -> dict[str, dict[str, list[dict[str, str]]]]:
        """What tables say of the sources of every city, by city and kind of data."""
        entries = self.study.config["city"]
        return {
            city: {
                kind: list(self.told_of(sources_named(entries[city][kind])).values())
                for kind in ("income", "imagery", "land_use")
            }
            for city in self.study.cities
        }

    @property
    def _tiles_mb(self) -> float:
        """What the tiles of all cities take, roughly.

        A pixel of a tile and its land use, and the orthophotos that are unpacked beside: four bytes
        each before they are compressed.
        """
        config = self.study.config
        cell_mb = 8 * config["tiles"]["tile_px"] ** 2 / 1e6
        demo = config["demo"]["cities"].values()
        synthetic = sum(city["cells_wide"] * city["cells_high"] * cell_mb for city in demo)
        return synthetic or len(self.study.cities) * CELLS_OF_A_CITY * cell_mb


def sources_named(settings: Mapping[str, Any]) -> list[str]:
    """Entries of the registry that a section names, perhaps none.

    Parameters
    ----------
    settings : mapping
        Of an income, land use, imagery, points or an embedding.
    """
    return settings.get("sources", [settings["source"]] if "source" in settings else [])
