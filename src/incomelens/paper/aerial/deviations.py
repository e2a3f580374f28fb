"""Readings of the aerial paper, and departures from it."""

from pathlib import Path

from incomelens.paper.deviations import deviations_exhibit, read_deviations
from incomelens.paper.exhibit import Exhibit


def exhibit(deviations: Path) -> Exhibit:
    """List the entries of `config/deviations.yaml` on the aerial paper."""
    return deviations_exhibit(read_deviations(deviations), paper="aerial")
