"""Table S1 of the district paper: variables of earlier models, as far as its text names them.

Deviation `table_s1`.
"""

import pandas as pd

from incomelens.paper.exhibit import Exhibit
from incomelens.paper.reference import Reference
from incomelens.paper.table import Table

HEADINGS = {
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


def exhibit(reference: Reference) -> Exhibit:
    """List what the paper's literature review says of earlier models."""
    studies = reference.part("ssig", "table_s1")
    numbers = pd.DataFrame([{"study": name, **cells} for name, cells in studies.items()])
    shown = numbers.map(lambda cell: {True: "yes", False: "no"}.get(cell, cell))
    table = Table(
        numbers=numbers,
        shown=shown.rename(columns=HEADINGS),
        caption=(
            "Table S1. Socio-economic variables adopted in traditional models of high granularity "
            "income estimation across developed economies."
        ),
        notes=(
            "The printed table is not at hand: filled cells are what the paper's literature review "
            "says of a study by name, a dash marks what it does not say.",
        ),
    )
    return Exhibit(table)
