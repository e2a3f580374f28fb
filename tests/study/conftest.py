"""Studies from the configurations that stand in `config/`, with some keys changed."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from incomelens.sources.fetching.registry import load_registry
from incomelens.study import RawFiles, Study

CONFIG = Path(__file__).resolve().parents[2] / "config"


def laid_over(below: Any, above: Any) -> Any:
    """Keys of one mapping in place of another's, at every depth, as Snakemake does it."""
    if not (isinstance(below, Mapping) and isinstance(above, Mapping)):
        return above
    changed = {
        key: laid_over(below[key], value) if key in below else value for key, value in above.items()
    }
    return {**below, **changed}


@pytest.fixture(scope="session")
def configuration() -> Callable[..., dict[str, Any]]:
    """The configuration of a study by its name, with changes laid over."""

    def configured(study: str = "paper", **changes: object) -> dict[str, Any]:
        config = yaml.safe_load((CONFIG / "config.yaml").read_text())
        if study != "paper":
            config = laid_over(config, yaml.safe_load((CONFIG / f"{study}.yaml").read_text()))
        return laid_over(config, changes)

    return configured


@pytest.fixture(scope="session")
def study(configuration) -> Callable[..., Study]:
    """A study by its name, with changes laid over its configuration."""

    def made(name: str = "paper", *, environment: Mapping[str, str] | None = None, **changes):
        return Study(configuration(name, **changes), environment or {})

    return made


@pytest.fixture(scope="session")
def registry():
    """The registries of this repository, real and synthetic."""
    return load_registry(sorted(CONFIG.glob("sources*.yaml")))


@pytest.fixture(scope="session")
def raw(study, registry) -> Callable[..., RawFiles]:
    """The raw files of a study, as `study`."""
    return lambda *words, **changes: RawFiles(study(*words, **changes), registry)
