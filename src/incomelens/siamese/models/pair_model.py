"""The trained network with its anchors: income by comparison with known districts."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from incomelens.siamese.models.network import SiameseNetwork
from incomelens.siamese.models.pair_training import PairSettings, train_pairs
from incomelens.siamese.models.scaling import BranchScaling, branch_scaling

PAIRS_AT_A_TIME = 40_000


@dataclass(frozen=True)
class PairModel:
    """A network, the scaling of its inputs, and its anchors, all from training districts.

    Attributes
    ----------
    network : SiameseNetwork
    scaling : BranchScaling
    anchor_features : tensor of shape (n_anchors, width)
    anchor_label : tensor of shape (n_anchors,)
        Z-scored income.
    """

    network: SiameseNetwork
    scaling: BranchScaling
    anchor_features: Tensor
    anchor_label: Tensor

    def features(self, arrays: Mapping[str, NDArray]) -> NDArray[np.float64]:
        """Features z of districts, shape (n, width)."""
        return self._encoded(arrays).cpu().numpy().astype(np.float64)

    def branch_features(self, features: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Take features apart by branch."""
        widths = self.network.encoder.widths
        ends = np.cumsum(list(widths.values()))[:-1]
        return dict(zip(widths, np.split(features, ends, axis=1), strict=True))

    def predict(self, arrays: Mapping[str, NDArray]) -> NDArray[np.float64]:
        """Z-scored income of districts by comparison with every anchor, shape (n,).

        The mean over anchors j of y_j plus the predicted difference.
        """
        features = self._encoded(arrays)
        rows = max(1, PAIRS_AT_A_TIME // len(self.anchor_label))
        with torch.inference_mode():
            means = [self._differences(part).mean(dim=1) for part in features.split(rows)]
        values = torch.cat(means) + self.anchor_label.mean()
        return values.cpu().numpy().astype(np.float64)

    def differences(
        self, first: Mapping[str, NDArray], second: Mapping[str, NDArray]
    ) -> NDArray[np.float64]:
        """Predicted differences in z-scored income between districts, row by row, shape (n,)."""
        with torch.inference_mode():
            logits = self.network.head(self._encoded(first), self._encoded(second))
        return logits[:, 0].cpu().numpy().astype(np.float64)

    def _differences(self, features: Tensor) -> Tensor:
        n_anchors, width = self.anchor_features.shape
        first = features[:, None, :].expand(-1, n_anchors, -1).reshape(-1, width)
        second = self.anchor_features.repeat(len(features), 1)
        return self.network.head(first, second)[:, 0].reshape(len(features), n_anchors)

    def _encoded(self, arrays: Mapping[str, NDArray]) -> Tensor:
        device = self.anchor_label.device
        scaled = self.scaling.scaled(arrays)
        with torch.inference_mode():
            return self.network.encoder(
                {name: torch.from_numpy(values).to(device) for name, values in scaled.items()}
            )


def fit_pair_model(
    arrays: Mapping[str, NDArray],
    label: NDArray[np.float64],
    settings: PairSettings,
    *,
    flags_missing: bool,
    seed: int,
    device: torch.device,
) -> PairModel:
    """Train a network on these districts and choose its anchors among them.

    Parameters
    ----------
    arrays : mapping
        What training districts show, shape (n, width) a branch, in its own units.
    label : array of shape (n,)
        Z-scored income.
    settings : PairSettings
    flags_missing : bool
        See :class:`incomelens.siamese.models.scaling.BranchScaling`.
    seed : int
    device : device
    """
    scaling = branch_scaling(
        arrays, flags_missing=flags_missing, image_components=settings.image_components
    )
    network = train_pairs(scaling.scaled(arrays), label, settings, seed=seed, device=device)
    chosen = choose_anchors(label, settings.anchors)
    scaled = scaling.scaled({name: values[chosen] for name, values in arrays.items()})
    with torch.inference_mode():
        features = network.encoder(
            {name: torch.from_numpy(values).to(device) for name, values in scaled.items()}
        )
    anchor_label = torch.from_numpy(label[chosen].astype(np.float32)).to(device)
    return PairModel(network, scaling, features, anchor_label)


def choose_anchors(label: NDArray[np.float64], n_anchors: int | None) -> NDArray[np.int64]:
    """Choose training districts evenly along the order of their incomes.

    Parameters
    ----------
    label : array of shape (n,)
    n_anchors : int or None
        K; all where it is None or there are no more.

    Returns
    -------
    array of shape (min(n_anchors, n),)
        Places, ascending by income: the middle one of K equally large groups.
    """
    order = np.argsort(label, kind="stable")
    if n_anchors is None or n_anchors >= len(label):
        return order
    return order[((np.arange(n_anchors) + 0.5) * len(label) / n_anchors).astype(np.int64)]
