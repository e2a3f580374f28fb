"""Backbones that learn from the training fold as well (`siamese.fine_tuning.epochs` above 0).

One backbone a modality is trained end to end on pairs of training districts, a few images of each
at a time, with the loss of the models; then it embeds the images of all districts. What districts
show depends on the training fold then, also on the inner ones.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from incomelens.common.errors import InputError
from incomelens.common.progress import progress
from incomelens.common.seeds import job_seed
from incomelens.inference.optimisers import eager
from incomelens.siamese.inputs.images import DistrictImages
from incomelens.siamese.models.embeddings import embed, embedder
from incomelens.siamese.models.modalities import Frozen, Shown
from incomelens.siamese.models.network import WIDTHS, PairHead
from incomelens.siamese.models.pair_training import draw_pairs, pair_loss


@dataclass(frozen=True)
class FineTuning:
    """How a backbone learns.

    Attributes
    ----------
    epochs : int
        0 leaves the backbone frozen.
    learning_rate : float
        Of AdamW, for the backbone; its new head learns ten times as fast.
    districts : int
        In a batch.
    images : int
        Of a district at a time, at most.
    backbone, weights, scaling : str
    batch_size : int
        Images at a time where the trained backbone embeds them.
    """

    epochs: int
    learning_rate: float
    districts: int
    images: int
    backbone: str
    weights: str
    scaling: str
    batch_size: int

    def __post_init__(self) -> None:
        if self.districts < 2 or self.images < 1:
            raise InputError(
                f"siamese.fine_tuning: {self.districts} districts with {self.images} images; "
                "expected at least 2 districts with 1 image"
            )


@dataclass(frozen=True)
class FineTuned:
    """What districts show where backbones learn from the training districts.

    Attributes
    ----------
    frozen : Frozen
        The same districts under the untouched backbone: prices, and who has images.
    images : mapping
        The images, by modality.
    geoid : array of shape (n,), text
    income : array of shape (n,)
        USD; that of training districts alone is read.
    settings : FineTuning
    partners : int
    sign_weight : float
    seed : int
    device : device
    """

    frozen: Frozen
    images: Mapping[str, DistrictImages]
    geoid: NDArray
    income: NDArray[np.float64]
    settings: FineTuning
    partners: int
    sign_weight: float
    seed: int
    device: torch.device
    _made: dict[bytes, Mapping[str, NDArray]] = field(default_factory=dict, repr=False)

    def has(self, modality: str) -> NDArray[np.bool_]:
        """Whether a district has a modality, shape (n,)."""
        return self.frozen.has(modality)

    def subset(self, rows: NDArray[np.int64]) -> Shown:
        """What the districts of these rows show."""
        return FineTuned(
            self.frozen.subset(rows),
            self.images,
            self.geoid[rows],
            self.income[rows],
            self.settings,
            self.partners,
            self.sign_weight,
            self.seed,
            self.device,
        )

    def of(self, training: NDArray[np.int64]) -> Mapping[str, NDArray]:
        """Arrays of all districts by backbones that learned from the districts `training`."""
        key = np.sort(training).tobytes()
        if key not in self._made:
            tuned = {
                modality: self._embedded(modality, np.sort(training)) for modality in self.images
            }
            self._made[key] = {**self.frozen.arrays, **tuned}
        return self._made[key]

    def _embedded(self, modality: str, training: NDArray[np.int64]) -> NDArray[np.float32]:
        images = self.images[modality]
        seed = job_seed(self.seed, modality, *self.geoid[training])
        backbone = self._trained(images, training, seed)
        parts = []
        with torch.inference_mode():
            for start in range(0, len(images), self.settings.batch_size):
                batch = images.read(slice(start, start + self.settings.batch_size))
                vectors = embed(backbone, batch, self.settings.scaling, self.device)
                parts.append(vectors.float().cpu().numpy())
        means = pd.DataFrame(np.concatenate(parts)).groupby(images.geoid).mean()
        return means.reindex(self.geoid).to_numpy(dtype=np.float32)

    def _trained(self, images: DistrictImages, training: NDArray[np.int64], seed: int) -> nn.Module:
        """Train a backbone on the images of training districts."""
        places = pd.Series(range(len(images))).groupby(images.geoid).indices
        pictured = np.array([row for row in training if self.geoid[row] in places])
        income = self.income[pictured]
        label = torch.from_numpy(((income - income.mean()) / income.std()).astype(np.float32))
        cuda = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices=cuda):
            torch.manual_seed(seed)
            backbone = embedder(self.settings.backbone, self.settings.weights)
            head = _ImageHead(backbone.num_features).to(self.device)
            # Batches are small: the statistics that the weights came with serve better.
            backbone = backbone.to(self.device).eval()
            self._learn(
                backbone,
                head,
                images,
                [places[self.geoid[row]] for row in pictured],
                label.to(self.device),
                np.random.default_rng(seed),
            )
        return backbone

    def _learn(
        self,
        backbone: nn.Module,
        head: "_ImageHead",
        images: DistrictImages,
        places: list[NDArray[np.int64]],
        label: Tensor,
        rng: np.random.Generator,
    ) -> None:
        """Learn from districts whose images lie at these places of the store."""
        settings = self.settings
        rates = {backbone: settings.learning_rate, head: 10 * settings.learning_rate}
        optimiser = eager(torch.optim.AdamW)(
            [{"params": part.parameters(), "lr": rate} for part, rate in rates.items()]
        )
        n_batches = max(1, len(places) // settings.districts)
        for _ in progress(range(settings.epochs), f"backbone, {len(places)} districts"):
            for batch in np.array_split(rng.permutation(len(places)), n_batches):
                chosen = [rng.permutation(places[k])[: settings.images] for k in batch]
                features = head.layer(self._means(backbone, images, chosen))
                first, second = draw_pairs(len(batch), self.partners, rng)
                target = label[torch.from_numpy(batch).to(label.device)]
                loss = pair_loss(head.head, features, target, first, second, self.sign_weight)
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                optimiser.step()
        if not math.isfinite(loss.item()):
            raise InputError(
                f"siamese: the loss of fine-tuning is {loss.item()}; lower "
                "siamese.fine_tuning.learning_rate"
            )

    def _means(
        self, backbone: nn.Module, images: DistrictImages, chosen: list[NDArray[np.int64]]
    ) -> Tensor:
        """Mean embeddings of districts, shape (n, width), of these images of each."""
        flat = images.read(np.concatenate(chosen))
        vectors = embed(backbone, flat, self.settings.scaling, self.device)
        return torch.stack([part.mean(0) for part in vectors.split([len(c) for c in chosen])])


class _ImageHead(nn.Module):
    """A branch and a pair head of one modality, which only serve to train its backbone."""

    def __init__(self, n_inputs: int) -> None:
        super().__init__()
        self.layer = nn.Sequential(nn.Linear(n_inputs, WIDTHS["satellite"]), nn.ReLU())
        self.head = PairHead(WIDTHS["satellite"])
