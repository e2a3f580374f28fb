"""What was got from where, when, under which licence: one table for the study."""

from collections.abc import Iterable
from dataclasses import asdict, fields

import pandas as pd

from incomelens.sources.fetching.records import Retrieval
from incomelens.sources.fetching.registry import Registry, invented

DESCRIBED = ("licence", "provider", "time_frame", "citation")


def manifest_table(retrievals: Iterable[Retrieval], registry: Registry) -> pd.DataFrame:
    """One row a file, sorted by source and file, with the licence and what it was used for.

    Columns: those of :class:`Retrieval`, ``licence``, ``provider``, ``time_frame``, ``citation``.
    """
    rows = []
    columns = [field.name for field in fields(Retrieval)] + list(DESCRIBED)
    for retrieval in sorted(retrievals, key=lambda retrieval: (retrieval.source, retrieval.file)):
        source = registry.source(retrieval.source)
        if retrieval.origin == "demo":
            source = invented(source)
        described = {column: getattr(source, column) for column in DESCRIBED}
        rows.append(asdict(retrieval) | described)
    return pd.DataFrame(rows, columns=columns)
