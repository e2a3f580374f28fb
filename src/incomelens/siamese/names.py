"""Modalities, the five models, and the suffixes that say what a model lacks."""

from collections.abc import Sequence
from dataclasses import dataclass

from incomelens.common.errors import InputError
from incomelens.common.names import MODALITIES

# Suffix of a model that lacks a modality, in the order of the suffixes: deviation
# `baselines_lacking`.
SUFFIXES = dict(zip(MODALITIES, ("noHP", "noSAT", "noSV"), strict=True))
IMAGE_MODALITIES = MODALITIES[1:]
READING = "reconstruction-v1"
# The two readings of Double-Ridge, one first ridge on all features or one a modality: deviation
# `baselines_double_ridge`.
DOUBLE_RIDGE = {"joint": "main", "per_modality": "ridge_per_modality"}


@dataclass(frozen=True)
class Baseline:
    """One of the five models.

    Attributes
    ----------
    has_place : bool
        Whether coordinates enter the network.
    final_stage : {"pairs", "forest", "gp", "double_ridge"}
        What turns learned features into an income.
    """

    has_place: bool
    final_stage: str


BASELINES = {
    "mixed_siamese_like": Baseline(False, "pairs"),
    "mixed_spatial_siamese_like": Baseline(True, "pairs"),
    "mixed_siamese_like_random_forest": Baseline(False, "forest"),
    "mixed_siamese_like_gp": Baseline(False, "gp"),
    "gp_mixed_siamese_like_double_ridge": Baseline(False, "double_ridge"),
}


def baseline(name: str) -> Baseline:
    """Return the baseline of this name.

    Raises
    ------
    InputError
        If there is none.
    """
    if name not in BASELINES:
        raise InputError(f"siamese.models: {name!r} is unknown; known are {', '.join(BASELINES)}")
    return BASELINES[name]


def check_modalities(modalities: Sequence[str]) -> tuple[str, ...]:
    """Return the modalities in the order of the suffixes.

    Raises
    ------
    InputError
        If there is none, or one is unknown.
    """
    unknown = [name for name in modalities if name not in MODALITIES]
    if unknown:
        raise InputError(
            f"siamese: modality {unknown[0]!r} is unknown; known are {', '.join(MODALITIES)}"
        )
    if not modalities:
        raise InputError(
            "siamese: the study has no modality, so that no baseline can be built; configure at "
            f"least one of {', '.join(f'siamese.{name}' for name in MODALITIES)}"
        )
    return tuple(name for name in MODALITIES if name in modalities)


def suffixed(model: str, modalities: Sequence[str]) -> str:
    """Name a model together with what it lacks.

    Examples
    --------
    >>> suffixed("mixed_siamese_like", ["prices", "satellite"])
    'mixed_siamese_like-noSV'
    """
    lacking = [suffix for name, suffix in SUFFIXES.items() if name not in modalities]
    return "-".join([model, *lacking])


def joined(modalities: Sequence[str]) -> str:
    """Write modalities into one cell of a table.

    Examples
    --------
    >>> joined(["prices", "satellite"])
    'prices+satellite'
    """
    return "+".join(modalities)
