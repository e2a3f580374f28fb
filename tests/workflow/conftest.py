"""A copy of the checkout in which the tiny study runs once, for all tests of the workflow."""

import pytest
import yaml

from .checkout import ROOT, Checkout


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Checkout:
    """The tiny study, run from end to end on two cores."""
    checkout = Checkout(tmp_path_factory.mktemp("tiny"))
    checkout.snakemake("--cores", "2")
    return checkout


@pytest.fixture(scope="session")
def planned(tmp_path_factory) -> Checkout:
    """A checkout in which nothing runs, with something to plan for in every study.

    The study `nyc` reads tables of the user; empty files of their names are enough to plan it.
    """
    checkout = Checkout(tmp_path_factory.mktemp("planned"))
    (checkout.folder / "data").mkdir()
    study = yaml.safe_load((ROOT / "config/nyc.yaml").read_text())
    tables = [study["districts"][level]["table"] for level in ("tract", "zip")]
    for table in [*tables, study["siamese"]["prices"]["table"]]:
        (checkout.folder / "data" / table).touch()
    return checkout


@pytest.fixture(scope="session")
def new_checkout(tmp_path_factory):
    """Make a checkout of a name in which nothing has run, for tests that share one."""
    return lambda name: Checkout(tmp_path_factory.mktemp(name))


@pytest.fixture
def finished(tiny, tmp_path) -> Checkout:
    """A copy of the finished tiny study, to be damaged and mended."""
    checkout = Checkout(tmp_path / "finished")
    checkout.copy_run(tiny)
    return checkout


@pytest.fixture
def fresh(tmp_path) -> Checkout:
    """A checkout in which nothing has run."""
    return Checkout(tmp_path / "checkout")
