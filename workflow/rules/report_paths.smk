# What the report shows, taken from the graph: a table or figure that some rule publishes with
# report(...) and that the study asks for comes by itself, a stale file on disk does not.

import hashlib
import os
import re
from types import SimpleNamespace

from incomelens.paper.names import INCOMES as INCOME_NAMES
from snakemake.io import get_flag_value

BENCHMARKS = f"results/{config['study']}/benchmarks"
REPORT_TEMPLATES = sorted(
    Path(workflow.basedir).glob("src/incomelens/report/templates/*")
)

# A study whose one target is known by its name is that target; every other study is all of it.
OWN_TARGETS = ["validation"]
ASKED_FOR = list(
    map(
        str,
        getattr(
            rules, config["study"] if config["study"] in OWN_TARGETS else "study"
        ).input,
    )
)


def asks_for(folder):
    return any(f"/paper/{folder}/" in file for file in ASKED_FOR)


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


# Every output that some rule publishes, with what report(...) says of it.
def published_outputs():
    return [
        (maker, output, told)
        for maker in workflow.rules
        for output in maker.output
        for told in [get_flag_value(output, "report")]
        if told is not None
    ]


# The files of one such output that the study asks for, each with its wildcards.
def files_asked_for(output):
    matches = [output.match(file) for file in ASKED_FOR]
    return {found.group(): found.groupdict() for found in matches if found}


# Every published table and figure of the study, in the order of the rules, with all files that its
# rule writes, its caption and what the caption asks for.
def published_items():
    return [
        published_item(maker, output, told, wildcards)
        for maker, output, told in published_outputs()
        for wildcards in files_asked_for(output).values()
    ]


def published_item(maker, output, told, wildcards):
    caption = Path(told.caption.get_path_or_uri(secret_free=True)).read_text()
    names = set(re.findall(r"snakemake\.params\.(\w+)", caption))
    params = {
        name: value(SimpleNamespace(**wildcards)) if callable(value) else value
        for name, value in maker.params.items()
        if name in names
    }
    return {
        "rule": maker.name,
        "file": str(output.apply_wildcards(wildcards)),
        "files": [str(one.apply_wildcards(wildcards)) for one in maker.output],
        "study": told.category,
        "kind": told.subcategory,
        "label": ", ".join(told.labels.values()).format(
            **{name: in_print(value) for name, value in wildcards.items()}
        ),
        "caption": caption,
        "params": params,
        "wildcards": wildcards,
    }


# A wildcard's value as readers know it.
def in_print(value):
    return (STUDY.city_names | STUDY.level_names | INCOME_NAMES).get(value, value)


def published_files():
    return list(
        dict.fromkeys(file for item in published_items() for file in item["files"])
    )


# What the workflow can publish and this study does not ask for; a label loses its wildcards.
def items_not_asked_for():
    return [
        {
            "study": told.category,
            "label": re.sub(r",? *\{\w+\}", "", ", ".join(told.labels.values())),
        }
        for maker, output, told in published_outputs()
        if not files_asked_for(output)
    ]


# Which benchmark files the jobs of each rule write, as patterns of their paths, so that what an older
# configuration left on disk is not counted. Neither are the jobs of this stage, yet to run.
def benchmark_patterns():
    cities = "|".join(STUDY.cities) or "(?!)"
    return {
        maker.name: maker.benchmark.regex().pattern.replace(STUDY.city_form, cities)
        for maker in workflow.rules
        if maker.benchmark and f"{BENCHMARKS}/report/" not in maker.benchmark
    }


# Rules whose jobs draw numbers, from the study's seed and their own names.
def rules_with_seed():
    return sorted(
        maker.name for maker in workflow.rules if "seed" in maker.params.keys()
    )


# The page's layout is no Python module, so that code(...) does not see it.
def layout_digest():
    texts = [path.name.encode() + path.read_bytes() for path in REPORT_TEMPLATES]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:16]
