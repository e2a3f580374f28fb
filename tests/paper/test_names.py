"""What is printed has a name for all that the stages make, and for nothing else."""

import pytest

from incomelens.attribution import maps
from incomelens.common import names as shared
from incomelens.folds import cells
from incomelens.inference import baselines
from incomelens.paper import names
from incomelens.paper.aerial import names as aerial
from incomelens.siamese import names as of_siamese
from incomelens.ssig import fit


@pytest.mark.parametrize(
    ("printed", "made"),
    [
        (names.INCOMES, shared.INCOMES),
        (names.MODALITIES, shared.MODALITIES),
        (names.LACKING, of_siamese.SUFFIXES.values()),
        (names.BASELINES, of_siamese.BASELINES),
        (names.MODES, fit.MODES),
        (aerial.BASELINES, baselines.BASELINES),
        (aerial.METHODS, maps.METHODS),
        (aerial.SCHEMES, cells.SCHEMES),
    ],
    ids=["incomes", "modalities", "suffixes", "siamese", "modes", "aerial", "methods", "schemes"],
)
def test_names_in_print_are_those_of_what_is_made(printed, made):
    assert sorted(printed) == sorted(made)
