"""Networks so small that a gradient can be written by hand, and tiles in memory."""

import numpy as np
import torch
from torch import nn

from incomelens.inference.model_files import save_model
from incomelens.inference.network import Architecture, IncomeNetwork, build_network

PX = 64


def small(backbone="test_efficientnet", *, head="binomial", pool="max_then_average", seed=0):
    """A tiny network with biased batch norms, so that no activation is trivial."""
    network = build_network(backbone, head=head, pool=pool, weights="none", seed=seed)
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.bias.data += 0.3 * torch.randn(module.bias.shape, generator=generator)
    return network.eval()


def images(n=2, px=PX, seed=0):
    return torch.rand((n, 3, px, px), generator=torch.Generator().manual_seed(seed))


class OwnBackbone(nn.Module):
    """Any layers as a backbone."""

    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward_features(self, values):
        return self.layers(values)


def network_of(*layers, head="binomial", pool="average"):
    """An income network around layers from 3 channels to any number."""
    torch.manual_seed(0)
    return IncomeNetwork(OwnBackbone(*layers), Architecture("own", head, pool)).eval()


class MemoryTiles:
    """Random images and patches of land use; counts what was read."""

    def __init__(self, cell_ids, px=PX, seed=0, land_use=None):
        rng = np.random.default_rng(seed)
        self.tile_px = px
        self.images = {one: rng.integers(0, 256, (px, px, 3), dtype=np.uint8) for one in cell_ids}
        patches = rng.choice([1, 3, 9, 12, 19], size=(len(cell_ids), 4, 4)).astype(np.uint8)
        grown = patches.repeat(px // 4, axis=1).repeat(px // 4, axis=2)
        self.land_use = dict(zip(cell_ids, grown if land_use is None else land_use, strict=True))
        self.read = []
        self.fail_after = None

    def read_images(self, cell_ids):
        if self.fail_after is not None and len(self.read) >= self.fail_after:
            raise KeyboardInterrupt
        self.read += list(cell_ids)
        return np.stack([self.images[one] for one in cell_ids])

    def read_land_use(self, cell_ids):
        return np.stack([self.land_use[one] for one in cell_ids])


def save_fold_models(folder, n_folds, **options):
    """Untrained networks of different seeds, one a fold."""
    folders = {fold: folder / str(fold) for fold in range(n_folds)}
    for fold, place in folders.items():
        save_model(place, small(seed=fold, **options), scaling="min_max", tile_px=PX)
    return folders
