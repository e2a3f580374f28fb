# What the rules of every stage share: identities, and what a rule says of its code.
#
# <results>, <logs> and <benchmarks> in a path are those of the study (see `pathvars` in Snakefile).
# Wildcards are identities, never settings: settings reach a script through `params`.

import gc
from pathlib import Path

from snakemake.exceptions import WorkflowError

from incomelens.common.code_digest import code_digest, module_digest
from incomelens.common.jobs import offer_package_to_jobs
from incomelens.common.lifetimes import announce_run
from incomelens.common.runs import free_locks_of_dead_runs, note_run
from incomelens.paper.names import INCOMES as INCOME_NAMES
from incomelens.paper.names import figure_tasks, level_names

# Planning makes millions of objects that live to its end; with hundreds of cities, looking for
# garbage among them as often as usual takes a fourteenth of the time.
gc.set_threshold(200_000, 50, 50)

# A plain rerun goes on after a run that was killed, without --unlock.
free_locks_of_dead_runs(".snakemake")


onstart:
    note_run(".snakemake")


# Jobs in an environment of their own (`--sdm conda`) import the package from this checkout.
offer_package_to_jobs()
# A job ends with its run, even one that is killed.
announce_run()

REFERENCE = CHECKOUT / "config/paper_reference.yaml"
DEVIATIONS = CHECKOUT / "config/deviations.yaml"

LEVELS = config["districts"]["levels"]
without_section = [level for level in LEVELS if level not in config["districts"]]
if without_section:
    raise WorkflowError(
        f"districts.levels: {', '.join(without_section)} has no section of its own; say below "
        f"`districts` where its districts come from"
    )
# The default's two sections may stay unused; any other is a typo, or was forgotten in `levels`.
settings_of_all = {"levels", "incomes", "resamples"}
unused = set(config["districts"]) - settings_of_all - {*LEVELS, "tract", "zip"}
if unused:
    raise WorkflowError(
        f"districts: {', '.join(sorted(unused))} is no setting, and no level that "
        f"districts.levels names; it has {', '.join(LEVELS)}"
    )
LEVEL_NAMES = level_names(config["districts"])
INCOMES = config["districts"]["incomes"]
SCHEMES = config["folds"]["schemes"]
MODES = config["ssig"]["modes"]
VARIANTS = config["ssig"]["variants"]
CITIES = config["cities"]
CITY_SCHEMES = config["folds"]["cities"]["schemes"]
TRANSFER_SCHEME = config["inference"]["transfer_scheme"]
# Every model on every city is too much for hundreds of cities: some may be named.
TRANSFER_CITIES = config["inference"]["transfer_cities"]
if TRANSFER_CITIES is None:
    TRANSFER_CITIES = CITIES
elif not set(TRANSFER_CITIES) <= set(CITIES):
    raise WorkflowError(
        f"inference.transfer_cities: {', '.join(TRANSFER_CITIES)} asked for, but `cities` has "
        f"only {', '.join(CITIES)}"
    )


# The form of a city's id and not the list: a list of hundreds is searched for every file. A study
# without cities has no file of one.
CITY_FORM = rf"(?!(?:{'|'.join(LEVELS)})\b)[a-z][a-z0-9_]*" if CITIES else "(?!)"
if set(CITIES) & set(LEVELS):
    raise WorkflowError(
        f"{', '.join(set(CITIES) & set(LEVELS))}: a city and a level of districts; their files "
        "would lie at the same place: call one of them otherwise"
    )


wildcard_constraints:
    level="|".join(LEVELS),
    income="|".join(INCOMES),
    scheme="|".join(dict.fromkeys([*SCHEMES, *CITY_SCHEMES])),
    city=CITY_FORM,
    shard="[0-9]+",
    mode="|".join(MODES),
    variant="|".join(VARIANTS),


# Code is an input: Snakemake watches a rule's script, and this digest watches the modules of the
# package that the script imports. `script` is the path below workflow/scripts.
def code(script):
    return code_digest(Path(workflow.basedir) / "workflow" / "scripts" / script)


# What makes an exhibit: its module below incomelens.paper, the digest of that module's code alone,
# and the settings that the module's function takes. Wildcards may be part of the module's name.
def made_by(module, **settings):
    if "{" in module:
        of = lambda key: lambda wildcards: made_by(module.format(**wildcards))[key]
        return {"module": of("module"), "code": of("code"), **settings}
    digest = module_digest(f"incomelens.paper.{module}")
    return dict(module=module, code=digest, **settings)


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


def figure(place, label, caption):
    return {
        "pdf": f"<results>/paper/{place}.pdf",
        "png": shown(place, "png", caption, "figure", label),
        **{form: f"<results>/paper/{place}.{form}" for form in NUMBER_FORMS},
    }


def shown(place, form, caption, kind, label):
    study = next(
        title for begin, title in PAPER_TITLES.items() if place.startswith(begin)
    )
    text = Path(workflow.basedir) / f"workflow/report/{caption}.rst"
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
        name: (CITY_NAMES | LEVEL_NAMES | INCOME_NAMES).get(value, value)
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
        lambda wildcards, input, attempt: int(base + per_input_mb * input.size_mb)
        * attempt
    )
