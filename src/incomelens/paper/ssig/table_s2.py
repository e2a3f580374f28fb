"""Table S2 of the district paper: data sources and time frames, the paper's and this study's."""

from collections.abc import Mapping

import pandas as pd

from incomelens.paper.exhibit import Exhibit
from incomelens.paper.reference import Reference
from incomelens.paper.table import Table


def exhibit(reference: Reference, sources: Mapping, unregistered: Mapping[str, str]) -> Exhibit:
    """List the paper's data sources and time frames, and what this study reads.

    Parameters
    ----------
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
    table = Table(
        numbers=numbers,
        shown=shown,
        caption="Table S2. Data sources and time frames.",
        notes=(
            "Paper: the printed cell where it has been typed, otherwise what the paper's running "
            "text says. This study: all that its district part reads, as the registry describes "
            "it, and the user's own files; pages and citations stand in the CSV.",
        ),
        blocks="Whose",
        whose="Whose",
    )
    return Exhibit(table)


def _source_row(entry: Mapping[str, str]) -> dict[str, object]:
    return {
        "whose": "ours",
        "data": entry["used_for"],
        "source": f"{entry['title']}; {entry['provider']}",
        **{key: entry.get(key) for key in ("time_frame", "licence", "page", "citation")},
    }
