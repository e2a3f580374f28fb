# What the report shows: the exhibits that the study asks for, and not what else lies in its folder.

from fnmatch import filter as matching

from incomelens.paper.names import LEVELS as LEVELS_IN_PAPERS
from incomelens.paper.names import MODES as MODE_NAMES
from incomelens.paper.names import SCHEMES as SCHEME_NAMES

# The study `validation` is the target of that name, every other study all of it.
TARGET = "validation" if config["study"] == "validation" else "study"
ASKED_FOR = list(map(str, getattr(rules, TARGET).input))

EXHIBITS = [file for file in ASKED_FOR if file.startswith(f"{PAPER}/")]


def asks_for(folder):
    return any(file.startswith(f"{PAPER}/{folder}/") for file in EXHIBITS)


# Cities and levels with a map of their own, and the tasks whose values it shows.
MAPPED_CITIES = STUDY.cities if asks_for("aerial") else []
MAPPED_LEVELS = STUDY.levels if asks_for("ssig") else []
PREDICTED_TASKS = STUDY.predicted_tasks if MAPPED_LEVELS else []
EXPLAINED_TASKS = [
    tuple(task.values()) for task in STUDY.explained_tasks if MAPPED_LEVELS
]


# Tables of what the stages left out, in the order of the stages.
def left_out_files():
    stages = [
        f"<results>/{stage}/{city}{ending}left_out.csv"
        for city in MAPPED_CITIES
        for stage, ending in (("cells", "-"), ("tiles", "/"))
    ]
    stages += [
        f"<results>/cells/{city}-points-left_out.csv"
        for city in MAPPED_CITIES
        if STUDY.points(city)
    ]
    stages += [f"<results>/districts/{level}-left_out.csv" for level in MAPPED_LEVELS]
    modalities = STUDY.modalities if MAPPED_LEVELS else []
    if "prices" in modalities:
        stages.append("<results>/siamese/sales-left_out.csv")
    return stages + [
        f"<results>/siamese/{'prices' if modality == 'prices' else f'images-{modality}'}"
        f"-{level}-left_out.csv"
        for modality in modalities
        for level in MAPPED_LEVELS
    ]


# What the workflow can show and this study does not ask for; a label loses its wildcards.
def not_asked_for():
    wildcards = dict.fromkeys(("city", "level", "income", "check", "number"), "*")
    return [
        {"study": one["study"], "label": one["label"].split("{")[0].rstrip(", ")}
        for one in SHOWN
        if not matching(ASKED_FOR, filled(one["file"], wildcards))
    ]


# Cities, levels and the like that are known and that this study does not have.
def names_of_others():
    known = {
        *config["city"],
        *LEVELS_IN_PAPERS,
        *INCOME_NAMES,
        *SCHEME_NAMES,
        *MODE_NAMES,
    }
    return sorted(
        known
        - {
            *STUDY.cities,
            *STUDY.first_date,
            *STUDY.levels,
            *STUDY.incomes,
            *STUDY.schemes,
            *STUDY.city_schemes,
            *STUDY.modes,
        }
    )
