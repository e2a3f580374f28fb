"""Tables 1, 2, S1 and S2 of the district paper, and the list of deviations."""

from collections.abc import Mapping, Sequence

import pandas as pd

from incomelens.districts.user_columns import written_as
from incomelens.paper.deviations import Deviation, deviation_table
from incomelens.paper.names import (
    INCOMES,
    LEVELS,
    TASKS,
    VARIABLES,
    level_names,
    task_name,
)
from incomelens.paper.published import (
    EMPTY_SLOT,
    PublishedTable,
    check_columns,
    estimate,
    number,
    rows,
)
from incomelens.paper.reference import TEN, Reference

INEQUALITY_COLUMNS = [
    "level", "income", "measure", "weighting", "unit", "n", "value",
    "ci_low", "ci_high", "moe_ci_low", "moe_ci_high",
]  # fmt: skip


def table_1(
    inequality: pd.DataFrame, reference: Reference, *, levels: Mapping[str, str] = LEVELS
) -> PublishedTable:
    """Between-district inequality (Table 1).

    Parameters
    ----------
    inequality : DataFrame
        `districts/inequality.csv`: one row a level, income, measure and weighting.
    reference : Reference
    levels : mapping
        Level to its name in print, in the order of print.
    """
    check_columns(inequality, INEQUALITY_COLUMNS, "inequality table")
    numbers = inequality[INEQUALITY_COLUMNS].copy()
    slots = {
        (level, income, measure, "districts"): number(value)
        for level, income in TASKS
        for measure, value in reference.part("ssig", "table_1", level, income).items()
    }
    keys = zip(*(numbers[key] for key in ("level", "income", "measure", "weighting")), strict=True)
    numbers["paper"] = [slots.get(key) for key in keys]
    numbers["paper_n"] = [
        number(reference.of_task("n_districts", level, income))
        for level, income in zip(numbers["level"], numbers["income"], strict=True)
    ]
    found = {(row.level, row.income, row.measure, row.weighting): row for row in rows(numbers)}
    shown = [
        {
            "Districts": task_name(level, income, levels),
            "N: ours": found[level, income, "gini", "districts"].n,
            "N: paper": reference.of_task("n_districts", level, income),
            **{
                f"{heading}: {column}": cell
                for measure, heading in (("gini", "Gini"), ("decile_ratio", "Decile ratio"))
                for column, cell in (
                    ("ours", estimate(found.get((level, income, measure, "districts")))),
                    ("paper", slots.get((level, income, measure, "districts"), float("nan"))),
                    ("by population", estimate(found.get((level, income, measure, "population")))),
                )
            },
        }
        for level in levels
        for income in INCOMES
        if (level, income, "gini", "districts") in found
    ]
    return PublishedTable(
        numbers=numbers,
        shown=pd.DataFrame(shown),
        caption="Table 1. Between-district income inequality.",
        notes=(
            "Gini: coefficient between districts. Decile ratio: mean income of the richest tenth "
            "of districts over that of the poorest tenth. Ours counts every district once, as the "
            "paper; by population weights it with its residents. In brackets 95 % intervals by "
            "resampling districts. Other measures, and intervals from the survey's margins of "
            "error where they are known, stand in the CSV.",
            EMPTY_SLOT,
        ),
        decimals={
            f"{heading}: {column}": digits
            for heading, digits in (("Gini", 3), ("Decile ratio", 2))
            for column in ("ours", "paper", "by population")
        },
    )


def table_2(reference: Reference, districts: Mapping) -> PublishedTable:
    """Describe the ten socio-economic variables (Table 2).

    Parameters
    ----------
    reference : Reference
    districts : mapping
        The configuration's section `districts`: which adapter, and which columns it reads.
    """
    levels = level_names(districts)
    numbers = pd.DataFrame(
        {
            "variable": name,
            "paper_name": VARIABLES[name].paper,
            "paper_printed": reference.printed("ssig", "table_2", name, "printed"),
            "paper_text": reference.printed("ssig", "table_2", name, "text"),
            "unit": "share of 1" if VARIABLES[name].is_share else VARIABLES[name].unit,
            "census": VARIABLES[name].census,
            **{f"{level}_read_from": _read_from(name, districts[level]) for level in levels},
        }
        for name in TEN
    )
    shown = pd.DataFrame(
        {
            "Variable": numbers["paper_name"],
            "Printed description": numbers["paper_printed"],
            "Described in the text as": numbers["paper_text"],
            **{f"{levels[level]} level reads": numbers[f"{level}_read_from"] for level in levels},
        }
    )
    return PublishedTable(
        numbers=numbers,
        shown=shown,
        caption="Table 2. Detailed descriptions of the socio-economic features of the SSIG model.",
        notes=(
            "Cells such as B15003_022 are those of the American Community Survey; other names are "
            "columns of the study's own table. Shares are 0 where their denominator is 0. "
            "Readings are listed in config/deviations.yaml.",
            EMPTY_SLOT,
        ),
    )


def _read_from(variable: str, section: Mapping) -> str | None:
    if section["adapter"] == "table":
        written = section["columns"].get(variable)
        return None if written is None else written_as(written)
    return VARIABLES[variable].census


def table_s1(reference: Reference) -> PublishedTable:
    """Socio-economic variables of earlier models (Table S1), as far as the text names them."""
    studies = reference.part("ssig", "table_s1")
    numbers = pd.DataFrame([{"study": name, **cells} for name, cells in studies.items()])
    headings = {
        "study": "Study",
        "education": "Education",
        "employment": "Employment",
        "age": "Age",
        "population_density": "Population density",
        "race": "Race",
        "sex": "Sex",
        "technique": "Technique",
        "resolution": "Resolution",
    }
    shown = numbers.map(lambda cell: {True: "yes", False: "no"}.get(cell, cell))
    return PublishedTable(
        numbers=numbers,
        shown=shown.rename(columns=headings),
        caption=(
            "Table S1. Socio-economic variables adopted in traditional models of high granularity "
            "income estimation across developed economies."
        ),
        notes=(
            "The printed table is not at hand: filled cells are what the paper's literature review "
            "says of a study by name, a dash marks what it does not say.",
        ),
    )


def table_s2(
    reference: Reference, sources: Mapping, unregistered: Mapping[str, str]
) -> PublishedTable:
    """List data sources and time frames (Table S2): the paper's, and what this study reads.

    Parameters
    ----------
    reference : Reference
    sources : mapping
        What the registry says of all sources of the district study, by id.
    unregistered : mapping
        What the study reads beside them (files of the user's own, say), to what it is used for.
    """
    papers = [
        {"whose": "paper", "data": data, "source": cells["printed_source"]}
        | {"time_frame": cells["printed_time_frame"]}
        | {"text_source": cells["text_source"], "text_time_frame": cells["text_time_frame"]}
        for data, cells in reference.part("ssig", "table_s2").items()
    ]
    ours = [_source_row(entry) for entry in sources.values()]
    ours += [
        {"whose": "ours", "data": used_for, "source": name}
        for name, used_for in unregistered.items()
    ]
    columns = [
        "whose", "data", "source", "time_frame", "text_source", "text_time_frame",
        "licence", "page", "citation",
    ]  # fmt: skip
    numbers = pd.DataFrame([*papers, *ours], columns=columns, dtype=object)
    shown = pd.DataFrame(
        {
            "Whose": numbers["whose"].map({"paper": "Paper", "ours": "This study"}),
            "Data": numbers["data"],
            "Source": numbers["source"].fillna(numbers["text_source"]),
            "Time frame": numbers["time_frame"].fillna(numbers["text_time_frame"]),
            "Licence": numbers["licence"],
        }
    )
    return PublishedTable(
        numbers=numbers,
        shown=shown,
        caption="Table S2. Data sources and time frames.",
        notes=(
            "Paper: the printed cell where it has been typed, otherwise what the paper's running "
            "text says. This study: all that its district part reads, as the registry describes "
            "it, and the user's own files; pages and citations stand in the CSV.",
        ),
        blocks="Whose",
    )


def _source_row(entry: Mapping[str, str]) -> dict[str, object]:
    return {
        "whose": "ours",
        "data": entry["used_for"],
        "source": f"{entry['title']}; {entry['provider']}",
        **{key: entry.get(key) for key in ("time_frame", "licence", "page", "citation")},
    }


def deviations_table(deviations: Sequence[Deviation], *, paper: str = "district") -> PublishedTable:
    """Every reading of a paper (`district` or `aerial`) and every departure from it."""
    numbers = deviation_table(deviations, paper=paper)
    headings = {
        "where": "Where",
        "paper_says": "The paper says",
        "we_do": "We do",
        "why": "Why",
        "switch": "Setting",
    }
    return PublishedTable(
        numbers=numbers,
        shown=numbers[list(headings)].rename(columns=headings),
        caption=f"Readings of the {paper} paper, and departures from it.",
        notes=("From config/deviations.yaml.",),
    )
