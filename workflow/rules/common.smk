# What the rules of every stage share: identities, and what a rule says of its code.
#
# <results>, <logs> and <benchmarks> in a path are those of the study (see `pathvars` in Snakefile).
# Wildcards are identities, never settings: settings reach a script through `params`.

import atexit
import gc
import os
from pathlib import Path

from incomelens.cells.urban_classes import read_land_use_list
from incomelens.common.code_digest import module_code, script_code
from incomelens.common.jobs import offer_package_to_jobs
from incomelens.common.lifetimes import announce_run
from incomelens.paper.names import INCOMES as INCOME_NAMES
from incomelens.sources.fetching.registry import load_registry
from incomelens.study import RawFiles, Results, Study, Worlds, looked_at

# Planning makes millions of objects that live to its end; with hundreds of cities, looking for
# garbage among them as often as usual takes a fourteenth of the time, and at the end, when the
# system takes all memory anyway, a sixth.
gc.set_threshold(200_000, 50, 50)
atexit.register(gc.freeze)

# Jobs in an environment of their own (`--sdm conda`) import the package from this checkout.
offer_package_to_jobs()
# A job ends with its run, even one that is killed.
announce_run()

REFERENCE = CHECKOUT / "config/paper_reference.yaml"
DEVIATIONS = CHECKOUT / "config/deviations.yaml"

# What the configuration asks for, which raw files that takes, and where results lie.
STUDY = Study(config, os.environ)
RAW = RawFiles(
    STUDY,
    load_registry(
        config["sources"],
        schema=CHECKOUT / "workflow/schemas/sources.schema.yaml",
    ),
)
FILES = Results(STUDY)
WORLDS = Worlds(STUDY)


wildcard_constraints:
    level=STUDY.level_form,
    income="|".join(STUDY.incomes),
    scheme="|".join(STUDY.all_schemes),
    city=STUDY.city_form,
    shard="[0-9]+",
    mode="|".join(STUDY.modes),
    variant="|".join(STUDY.variants),


# The list of land-use classes, which is told to code that tells one class of land from another.
CLASSES = {"incomelens.cells.urban_classes": config["land_use"]}
_ = read_land_use_list(config["land_use"])  # before anything runs


# What rules say of their code: the digest, and the list of classes where it works with that.
def of_code(code):
    lists = [file for module, file in CLASSES.items() if module in code.modules]
    return {"code": code.digest} | ({"classes": str(lists[0])} if lists else {})


# What runs a rule: its script, by the path below workflow/scripts, and arithmetic threads, which never
# come from --cores. Code is an input: Snakemake watches the script, and the digest watches the
# modules of the package that the script imports.
def run_by(script):
    file = CHECKOUT / f"workflow/scripts/{script}.py"
    code = of_code(script_code(file, lists=CLASSES))
    return dict(script=script, threads=config["threads"], **code)


# What makes an exhibit: its module below incomelens.paper, the digest of that module's code alone,
# and the settings that the module's function takes. Wildcards may be part of the module's name.
def made_by(module, **settings):
    if "{" in module:
        of = lambda key: lambda wildcards: made_by(module.format(**wildcards))[key]
        of_all = {"classes": config["land_use"], **settings}
        return {"module": of("module"), "code": of("code"), **of_all}
    code = of_code(module_code(f"incomelens.paper.{module}", lists=CLASSES))
    return dict(module=module, **code, **settings)


# What of the district study is made: nothing, in a study of cities alone.
def of_districts(*files):
    return list(files) if STUDY.levels else []


# In the parameters of an exhibit of one city.
def city_name(wildcards):
    return STUDY.city_names[wildcards.city]


# What either function says of the figure whose number is a wildcard.
def numbered(function):
    of = lambda name: lambda wildcards: function(int(wildcards.number))[name]
    return {name: of(name) for name in function(2)}


# What an exhibit writes at its place below results/<study>/paper, with its label, and its caption in
# workflow/report. It may be both, `figure(...) | table(...)`.
PAPER = f"results/{config['study']}/paper"
PAPER_TITLES = {
    "aerial/validation": "Validation",
    "aerial/": "Aerial study",
    "ssig/": "District study",
}
TABLE_FORMS = ("md", "tex", "html", "json")
NUMBER_FORMS = ("csv", "json")
# Every table and figure that is shown to readers: file, kind, label, study and caption.
SHOWN = []


def table(place, label, caption):
    return {
        "csv": shown(place, "csv", caption, "table", label),
        **{form: f"<results>/paper/{place}.{form}" for form in TABLE_FORMS},
    }


# Of a figure, `numbers` is the place of what it shows, where a table has its own.
def figure(place, label, caption, numbers=None):
    return {
        "pdf": f"<results>/paper/{place}.pdf",
        "png": shown(place, "png", caption, "figure", label),
        **{form: f"<results>/paper/{numbers or place}.{form}" for form in NUMBER_FORMS},
    }


def shown(place, form, caption, kind, label):
    study = next(
        title for begin, title in PAPER_TITLES.items() if place.startswith(begin)
    )
    text = CHECKOUT / f"workflow/report/{caption}.rst"
    SHOWN.append(
        {
            "file": f"{PAPER}/{place}.{form}",
            "kind": kind,
            "label": label,
            "study": study,
            "caption": text.read_text(encoding="utf-8"),
        }
    )
    return report(
        f"<results>/paper/{place}.{form}",
        caption=f"../report/{caption}.rst",
        category=study,
        subcategory=f"{kind.capitalize()}s",
        labels={kind: label},
    )


# What an exhibit tells of itself beside what it shows, wildcards in labels as readers know them.
def told_of(wildcards, output):
    own = [one for one in SHOWN if filled(one["file"], wildcards) in output]
    names = {
        name: (STUDY.city_names | STUDY.level_names | INCOME_NAMES).get(value, value)
        for name, value in wildcards.items()
    }
    return {
        "study": own[0]["study"],
        "labels": {one["kind"]: filled(one["label"], names) for one in own},
        "caption": own[0]["caption"],
    }


# Not str.format: a text may have places of others.
def filled(text, values):
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


# What a job asks of a machine: so much for itself, so much for every MB of the files that it reads,
# and as much again at every further try. Tries stand in the profiles, never in rules.
def memory(mb, per_input_mb=0):
    return grown_by_attempt(mb, per_input_mb)


def minutes(number, per_input_mb=0):
    return grown_by_attempt(number, per_input_mb)


def grown_by_attempt(base, per_input_mb):
    if per_input_mb == 0:
        return lambda wildcards, attempt: base * attempt
    return (
        lambda wildcards, input, attempt: int(base + per_input_mb * megabytes(input))
        * attempt
    )


# Snakemake's own `input.size_mb` takes a millisecond, to start a loop of events. From the error that
# a file is not there Snakemake knows, as from its own, that the number is to be told later.
def megabytes(files):
    return sum(map(os.path.getsize, files)) / 2**20
