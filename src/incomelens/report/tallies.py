"""How many claims of a ledger are supported, at a glance."""

from dataclasses import dataclass

from incomelens.report.layout import PageTable

KINDS = ("yes", "no", "open")


@dataclass(frozen=True)
class Tally:
    """Claims of one ledger under one reading: how many are supported, contradicted, open."""

    reading: str
    yes: int
    no: int
    open: int

    @property
    def n(self) -> int:
        """All claims."""
        return self.yes + self.no + self.open


def tallies(ledger: PageTable) -> list[Tally]:
    """Count the verdicts of every column, under the first folds (those of the paper)."""
    headings = [heading.text for heading in ledger.head[0]]
    first = [row for row in ledger.rows if row.cells[0].text]
    found = []
    for i, heading in enumerate(headings):
        words = [row.cells[i].verdict for row in first]
        counts = {kind: words.count(kind) for kind in KINDS}
        if any(counts.values()):
            found.append(Tally(heading, **counts))
    return found
