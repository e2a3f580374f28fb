"""What a study brings to the baselines: settings from its configuration, data from its files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table
from incomelens.inference.devices import choose_device
from incomelens.siamese.models.final_stages import FinalSettings
from incomelens.siamese.models.fold_models import Settings
from incomelens.siamese.models.modalities import Frozen, Shown, mean_embeddings, price_vectors
from incomelens.siamese.models.pair_training import PairSettings
from incomelens.siamese.names import IMAGE_MODALITIES, check_modalities
from incomelens.ssig.features import Sample
from incomelens.ssig.inducing import Approximation


def settings_of(section: Mapping, approximation: Mapping[str, int]) -> Settings:
    """Settings of the models, from the configuration's section `siamese` and that of `ssig`."""
    return Settings(
        pairs=PairSettings(**section["training"]),
        final=FinalSettings(**section["final"], approximation=Approximation(**approximation)),
        double_ridge=tuple(section["double_ridge"]),
        inner_folds=section["inner_folds"],
        flags_missing=section["missing"] == "mean",
        device=choose_device(section["device"]),
    )


def shown_by(
    sample: Sample,
    section: Mapping,
    *,
    modalities: Sequence[str],
    prices: Sequence[str],
    embeddings: Sequence[str],
    images: Sequence[str],
    seed: int,
) -> Shown:
    """Read what the districts of a sample show.

    Parameters
    ----------
    sample : Sample
    section : mapping
        The configuration's section `siamese`.
    modalities : sequence of str
        Of the study.
    prices : sequence of path
        The table of price vectors; none where the study has no prices.
    embeddings, images : sequences of path
        One an image modality, in the order of the modalities; images only for fine-tuning.
    seed : int
        Of fine-tuning.

    Raises
    ------
    InputError
        If the study has no modality, or a file is not what it should be.
    """
    chosen = check_modalities(modalities)
    geoids = sample.table["geoid"]
    pictured = [name for name in IMAGE_MODALITIES if name in chosen]
    arrays = {}
    if "prices" in chosen:
        (path,) = prices
        arrays["prices"] = price_vectors(read_table(path), geoids)
    for name, path in zip(pictured, embeddings, strict=True):
        arrays[name] = mean_embeddings(read_table(path), geoids)
    frozen = Frozen(arrays)
    if not section["fine_tuning"]["epochs"]:
        return frozen
    return _fine_tuned(sample, section, frozen, dict(zip(pictured, images, strict=True)), seed)


def _fine_tuned(
    sample: Sample, section: Mapping, frozen: Frozen, images: Mapping[str, str | Path], seed: int
) -> Shown:
    # Here alone: frozen backbones need neither images nor networks, which are long to import.
    from incomelens.siamese.inputs.images import DistrictImages
    from incomelens.siamese.models.fine_tuning import FineTuned, FineTuning

    return FineTuned(
        frozen=frozen,
        images={name: DistrictImages(path) for name, path in images.items()},
        geoid=sample.table["geoid"].to_numpy(),
        income=sample.income,
        settings=FineTuning(**section["fine_tuning"], **section["embedding"]),
        partners=section["training"]["partners"],
        sign_weight=section["training"]["sign_weight"],
        seed=job_seed(seed, "fine-tuning"),
        device=choose_device(section["device"]),
    )
