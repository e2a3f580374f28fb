# What other stages ask of `sources`: the path of a raw file, and whether the study's are complete.

from itertools import chain

from incomelens.sources.plan import district_sources, district_tables
from incomelens.sources.registry import load_registry

REGISTRY = load_registry(
    config["sources"],
    schema=Path(workflow.basedir) / "workflow" / "schemas" / "sources.schema.yaml",
)

# The sources of each part of the study, the files of the user that it reads, and the MB that it
# writes beside its raw files. A part is checked as a whole before anything of it is fetched.
PARTS = {"district": district_sources(config["districts"])}
PART_TABLES = {"district": district_tables(config["districts"])}
PART_MB = {"district": 200}

STUDY_SOURCES = list(dict.fromkeys(chain(*PARTS.values())))
STUDY_FILES = REGISTRY.files(STUDY_SOURCES)
SOURCE_IDS = [source.id for source in REGISTRY]
FILE_NAMES = sorted({file.name for file in REGISTRY.files(SOURCE_IDS)})

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
# a source takes it as an input as well.
def checked_part(part):
    return f"<results>/sources/preflight-{part}.txt"


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
    return [
        f"{config['data_dir']}/{name}" for part in parts for name in PART_TABLES[part]
    ]


# What decides about the bytes of a file: a change of these fetches it again.
def wanted_file(wildcards):
    file = REGISTRY.file(wildcards.source, wildcards.file)
    return [file.address, file.format, file.sha256, file.bytes]
