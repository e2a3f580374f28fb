"""Table S2 of the district paper: data sources and time frames, the paper's and this study's."""

from collections.abc import Mapping

import pandas as pd

from incomelens.paper.exhibit import Exhibit
from incomelens.paper.reference import Reference
from incomelens.paper.table import Table


def exhibit(reference: Reference, sources: Mapping, districts: Mapping) -> Exhibit:
    """List the paper's data sources and time frames, and what this study reads.

    Parameters
    ----------
    reference : Reference
    sources : mapping
        What the registry says of the study's sources, by id.
    districts : mapping
        The configuration's section `districts`: which entries or tables the study reads.
    """
    papers = [
        {"whose": "paper", "data": data, "source": cells["printed_source"]}
        | {"time_frame": cells["printed_time_frame"]}
        | {"text_source": cells["text_source"], "text_time_frame": cells["text_time_frame"]}
        for data, cells in reference.part("ssig", "table_s2").items()
    ]
    ours = [_source_row(name, sources) for name in _sources_read(districts)]
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
    table = Table(
        numbers=numbers,
        shown=shown,
        caption="Table S2. Data sources and time frames.",
        notes=(
            "Paper: the printed cell where it has been typed, otherwise what the paper's running "
            "text says. This study: the registry config/sources.yaml, or the user's own tables; "
            "pages and citations stand in the CSV.",
        ),
        blocks="Whose",
        whose="Whose",
    )
    return Exhibit(table)


def _sources_read(districts: Mapping) -> list[str]:
    """Registry entries, and files of the user's own, that the study's levels read."""
    names = []
    for level in districts["levels"]:
        section = districts[level]
        own = [section.get("table"), section.get("boundaries_table")]
        own.append(section.get("areas_from", {}).get("table"))
        registered = [section.get(key) for key in ("tables", "boundaries", "relationship")]
        names += own if section["adapter"] == "table" else registered
    return list(dict.fromkeys(name for name in names if name))


def _source_row(name: str, sources: Mapping) -> dict[str, object]:
    if name not in sources:
        return {"whose": "ours", "data": "Incomes, variables and boundaries", "source": name}
    entry = sources[name]
    return {
        "whose": "ours",
        "data": entry["used_for"],
        "source": f"{entry['title']}; {entry['provider']}",
        **{key: entry.get(key) for key in ("time_frame", "licence", "page", "citation")},
    }
