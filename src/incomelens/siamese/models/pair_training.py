r"""Learning from pairs of training districts.

.. math::
   L = \mathrm{mean} \left( \hat\Delta_{ij} - (y_i - y_j) \right)^2
   + \lambda \, \mathrm{BCE} \left( \hat s_{ij}, [y_i > y_j] \right)

Every epoch gives each district `partners` random partners. Partners come from the district's own
batch, which is drawn at random itself, so that a batch is encoded once however many pairs it holds.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from incomelens.common.errors import InputError
from incomelens.inference.optimisers import eager
from incomelens.siamese.models.network import PairHead, SiameseNetwork


@dataclass(frozen=True)
class PairSettings:
    """How the network learns.

    Attributes
    ----------
    epochs, batch_size : int
        Batches are of districts.
    least_steps : int
        Where few districts make few batches, epochs are added up to this many steps.
    partners : int
        m, pairs that every district heads in an epoch.
    sign_weight : float
        λ, of the cross-entropy of "which is richer".
    learning_rate, weight_decay : float
        Of AdamW; the rate falls to zero along a half cosine.
    dropout : float
    image_components : int or None
        Principal components of a modality's mean embeddings that its branch reads; None for the
        embeddings themselves.
    anchors : int or None
        K, training districts that a district is compared with; None for all.
    """

    epochs: int = 40
    batch_size: int = 256
    least_steps: int = 200
    partners: int = 10
    sign_weight: float = 1.0
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    dropout: float = 0.2
    image_components: int | None = 128
    anchors: int | None = 200

    def __post_init__(self) -> None:
        counts = ("epochs", "batch_size", "least_steps", "partners", "image_components", "anchors")
        for name in counts:
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"siamese.training.{name}: {value}; expected at least 1")
        if not 0 < self.learning_rate < math.inf:
            raise InputError(
                f"siamese.training.learning_rate: {self.learning_rate}; expected a positive number"
            )
        if not 0 <= self.dropout < 1:
            raise InputError(f"siamese.training.dropout: {self.dropout}; expected 0 to below 1")


def train_pairs(
    inputs: Mapping[str, NDArray[np.float32]],
    label: NDArray[np.float64],
    settings: PairSettings,
    *,
    seed: int,
    device: torch.device,
) -> SiameseNetwork:
    """Train a network on pairs of these districts and no others.

    Parameters
    ----------
    inputs : mapping
        Scaled inputs of training districts, shape (n, n_inputs) a branch.
    label : array of shape (n,)
        Z-scored income.
    settings : PairSettings
    seed : int
        Of weights, dropout, batches and partners.
    device : device

    Raises
    ------
    InputError
        If there is no pair to learn from, or the loss is no number any more.
    """
    if len(label) < 2:
        raise InputError(f"siamese: pairs need 2 training districts, there are {len(label)}")
    tensors = {name: torch.from_numpy(values).to(device) for name, values in inputs.items()}
    target = torch.from_numpy(label.astype(np.float32)).to(device)
    cuda = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=cuda):
        torch.manual_seed(seed)
        network = SiameseNetwork(
            {name: values.shape[1] for name, values in inputs.items()}, dropout=settings.dropout
        ).to(device)
        _learn(network, tensors, target, settings, np.random.default_rng(seed))
    return network.eval()


def _learn(
    network: SiameseNetwork,
    inputs: Mapping[str, Tensor],
    target: Tensor,
    settings: PairSettings,
    rng: np.random.Generator,
) -> None:
    optimiser = eager(torch.optim.AdamW)(
        network.parameters(),
        lr=settings.learning_rate,
        weight_decay=settings.weight_decay,
        fused=True,  # a third of a small step otherwise
    )
    n_batches = max(1, round(len(target) / settings.batch_size))
    epochs = max(settings.epochs, math.ceil(settings.least_steps / n_batches))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * n_batches)
    network.train()
    for _ in range(epochs):
        for batch in np.array_split(rng.permutation(len(target)), n_batches):
            rows = torch.from_numpy(batch).to(target.device)
            features = network.encoder({name: values[rows] for name, values in inputs.items()})
            first, second = draw_pairs(len(batch), settings.partners, rng)
            loss = pair_loss(
                network.head, features, target[rows], first, second, settings.sign_weight
            )
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
    if not math.isfinite(loss.item()):
        raise InputError(
            f"siamese: the loss is {loss.item()} after {epochs} epochs; lower "
            "siamese.training.learning_rate"
        )


def draw_pairs(
    n: int, partners: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give each of n districts, in random order, distinct partners among the others.

    Returns
    -------
    first, second : arrays of shape (n * min(partners, n - 1),)
        Places 0..n-1 of the members; no district is paired with itself.
    """
    # The order is random already: partners at fixed distances in it are random districts.
    steps = rng.permutation(np.arange(1, n))[:partners]
    first = np.tile(np.arange(n), len(steps))
    return first, (first + np.repeat(steps, n)) % n


def pair_loss(
    head: PairHead,
    features: Tensor,
    target: Tensor,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    sign_weight: float,
) -> Tensor:
    """Squared error of differences plus weighted cross-entropy of signs, over pairs."""
    i, j = (torch.from_numpy(places).to(target.device) for places in (first, second))
    outputs = head(features[i], features[j])
    difference = target[i] - target[j]
    richer = 0.5 * (1.0 + torch.sign(difference))  # a half for equal incomes
    squared = functional.mse_loss(outputs[:, 0], difference)
    return squared + sign_weight * functional.binary_cross_entropy_with_logits(
        outputs[:, 1], richer
    )
