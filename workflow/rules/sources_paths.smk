# What other stages ask of `sources`: the path of a raw file, and whether the study's are complete.

import os
from itertools import chain

from incomelens.sources.fetching.plan import (
    city_sources,
    district_sources,
    district_tables,
    siamese_files,
    siamese_notes,
    siamese_sources,
    sources_of_city,
    unregistered,
)
from incomelens.sources.fetching.registry import invented, load_registry

REGISTRY = load_registry(
    config["sources"],
    schema=Path(workflow.basedir) / "workflow" / "schemas" / "sources.schema.yaml",
)

# The sources of each part of the study, the files of the user that it reads, and the MB that it
# writes beside its raw files. A part is checked as a whole before anything of it is fetched.
PARTS = {
    "district": district_sources(config["districts"]),
    "aerial": city_sources(CITIES, config["city"]),
    "siamese": siamese_sources(config["siamese"]),
}
PART_TABLES = {
    "district": district_tables(config["districts"]),
    "aerial": [],
    "siamese": siamese_files(config["siamese"]),
}
PART_NOTES = {
    "district": [],
    "aerial": [],
    "siamese": siamese_notes(config["siamese"], os.environ),
}

# A pixel of a tile and its land use, and the orthophotos that are unpacked beside: four bytes each
# before they are compressed; a city of the Urban Atlas has some 15,000 cells with people.
CELL_MB = 8 * config["tiles"]["tile_px"] ** 2 / 1e6
PART_MB = {
    "district": 200,
    "aerial": sum(
        settings["cells_wide"] * settings["cells_high"] * CELL_MB
        for settings in config["demo"]["cities"].values()
    )
    or len(CITIES) * 15_000 * CELL_MB,
    # Orthophotos of New York are unpacked beside their archives.
    "siamese": (
        20_000 if config["siamese"]["satellite"] and not config["mirror"] else 500
    ),
}

# What the district study reads beside: the user's own files, and what is asked for piece by piece.
UNREGISTERED = unregistered(config["districts"], config["siamese"], os.environ)

STUDY_SOURCES = list(dict.fromkeys(chain(*PARTS.values())))
STUDY_FILES = REGISTRY.files(STUDY_SOURCES)

PLACES = {
    "mirror": config["mirror"],
    "manual_dir": config["manual_dir"],
    # A mirror below the study's own demo/ is made by the workflow.
    "demo": config["mirror"] is not None
    and Path(config["mirror"]).is_relative_to(f"results/{config['study']}/demo"),
}


# Path of one raw file, checked and whole: an input of whichever rule reads it.
def source_file(source, name):
    return f"<results>/sources/{REGISTRY.file(source, name).label}"


# Paths of all files of a source.
def source_files(source):
    return [f"<results>/sources/{file.label}" for file in REGISTRY.source(source).files]


# The stamp which says that a part misses nothing. A rule that reads a table of the user instead of
# a source takes it as an input as well. While such a table is missing the stamp has a name under which
# there is none, so that a part that was checked before is checked again.
def checked_part(part):
    state = "-missing" if missing_tables([part]) else ""
    return f"<results>/sources/preflight-{part}{state}.txt"


# The stamps of the parts that a source belongs to.
def checked_parts_of(wildcards):
    parts = [part for part, sources in PARTS.items() if wildcards.source in sources]
    return [checked_part(part) for part in parts]


# The file in the mirror, where the mirror is made by the workflow.
def made_mirror_file(wildcards):
    if not PLACES["demo"]:
        return []
    return f"{config['mirror']}/{wildcards.source}/{wildcards.file}"


# The user's own tables that some parts read.
def own_tables(parts):
    return [own_table(name) for part in parts for name in PART_TABLES[part]]


def own_table(name):
    return str(Path(config["data_dir"]) / name)


# The same as an input of a rule; nothing where it is missing, so that the check of its part tells it,
# with everything else that is missing, before anything runs.
def own_input(name):
    return own_table(name) if Path(own_table(name)).exists() else []


def own_inputs(names):
    return list(filter(None, map(own_input, names)))


def missing_tables(parts):
    return [path for path in own_tables(parts) if not Path(path).exists()]


# What decides about the bytes of a file: a change of these fetches it again.
def wanted_file(wildcards):
    file = REGISTRY.file(wildcards.source, wildcards.file)
    return [file.address, file.format, file.sha256, file.bytes]


# Files of one kind (income, land_use, imagery) of a city.
def city_files(city, kind):
    sources = sources_of_kind(city, kind)
    return [path for source in sources for path in source_files(source)]


def sources_of_kind(city, kind):
    settings = config["city"][city][kind]
    return settings["sources"] if kind == "imagery" else [settings["source"]]


# Files of the mirror that the synthetic cities are written to.
def demo_city_files():
    cities = [config["city"][city] for city in config["demo"]["cities"]]
    sources = dict.fromkeys(
        chain.from_iterable(sources_of_city(city) for city in cities)
    )
    return [file.label for file in REGISTRY.files(sources)]


# What the synthetic cities are made of.
def demo_city_settings():
    return [
        settings | {"name": config["city"][city]["name"]}
        for city, settings in config["demo"]["cities"].items()
    ]


# What the reader of a city's incomes is told beside the file: columns, of a table of one's own.
def reader_options(city):
    settings = config["city"][city]["income"]
    return {key: settings[key] for key in settings if key not in ("reader", "source")}


# What tables of data sets say of these sources, by id. Of files that the workflow makes in a
# provider's formats they say so, and not that they are the provider's.
def told_of_sources(sources):
    keys = (
        "title",
        "provider",
        "used_for",
        "time_frame",
        "licence",
        "page",
        "citation",
    )
    told = invented if PLACES["demo"] else lambda source: source
    entries = {source: told(REGISTRY.source(source)) for source in sources}
    return {
        source: {key: getattr(entry, key) for key in keys}
        for source, entry in entries.items()
    }
