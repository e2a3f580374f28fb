"""Checkouts for tests of the workflow, beside the finished one that all tests share."""

import pytest
import yaml

from .checkout import ROOT, Checkout


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that none of several processes waits at the end."""
    items.sort(key=lambda item: item.get_closest_marker("whole_run") is None)


def tables_to_plan_for(checkout: Checkout) -> None:
    """Put empty files where the study `nyc` reads tables of the user; enough to plan it."""
    (checkout.folder / "data").mkdir()
    study = yaml.safe_load((ROOT / "config/nyc.yaml").read_text())
    tables = [study["districts"][level]["table"] for level in ("tract", "zip")]
    for table in [*tables, study["siamese"]["prices"]["table"]]:
        (checkout.folder / "data" / table).touch()


@pytest.fixture(scope="session")
def planned(once) -> Checkout:
    """A checkout in which nothing runs, with something to plan for in every study."""
    return once("planned", tables_to_plan_for)


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
