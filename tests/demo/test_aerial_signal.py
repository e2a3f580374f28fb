"""What the pictures tell: texture shows affluence, colour does not."""

import numpy as np
import pytest
from rasterio.transform import Affine
from rasterio.warp import Resampling, reproject
from scipy import ndimage
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from incomelens.demo.cities.city import make_city

pytestmark = pytest.mark.slow

PIXELS = 128


def cut_tiles(city):
    """Cells of the city with their image, (n, PIXELS, PIXELS, 3), without voids."""
    bands = np.moveaxis(city.picture, 2, 0)
    tiles = np.zeros((len(city.cells), 3, PIXELS, PIXELS), dtype=np.uint8)
    for tile, (west, _, _, north) in zip(tiles, city.cells.bounds.to_numpy(), strict=True):
        reproject(
            bands,
            tile,
            src_transform=city.frame.transform,
            src_crs="EPSG:2154",
            dst_transform=Affine(200 / PIXELS, 0, west, 0, -200 / PIXELS, north),
            dst_crs="EPSG:3035",
            resampling=Resampling.bilinear,
        )
    whole = (tiles.max(axis=1) > 0).mean(axis=(1, 2)) > 0.99
    return city.cells[whole], np.moveaxis(tiles[whole], 1, 3)


def grain_features(tiles):
    """Energy of gradients, how much it has one direction, and of spots, at four scales."""
    features = []
    for grey in tiles.astype(float).mean(axis=3):
        for sigma in (0.7, 1.5, 3.0, 5.0):
            across = ndimage.gaussian_filter(grey, sigma, order=(0, 1))
            down = ndimage.gaussian_filter(grey, sigma, order=(1, 0))
            one_way = np.hypot((across**2 - down**2).mean(), 2 * (across * down).mean())
            spots = np.abs(ndimage.gaussian_laplace(grey, sigma)).mean()
            features += [(across**2 + down**2).mean(), one_way, spots]
    return np.log(np.array(features).reshape(len(tiles), -1) + 1e-3)


def out_of_fold_r(features, values):
    reader = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 4, 13)))
    folds = [KFold(5, shuffle=True, random_state=seed) for seed in range(2)]
    guesses = [cross_val_predict(reader, features, values, cv=fold) for fold in folds]
    return np.mean([np.corrcoef(guess, values)[0, 1] for guess in guesses])


@pytest.fixture(scope="module", params=["residential", "infrastructure_green"])
def readings(request):
    """Correlation of income with what a reader of texture, and one of colour, make of tiles."""
    city = make_city(
        "aubervieux", index=0, seed=5, style=request.param, cells_wide=12, cells_high=10
    )
    cells, tiles = cut_tiles(city)
    income = np.log(cells["income_published"].to_numpy())
    colour = tiles.mean(axis=(1, 2))
    return {
        "texture": out_of_fold_r(grain_features(tiles), income),
        "colour": out_of_fold_r(colour, income),
    }


def test_texture_tells_income(readings):
    assert readings["texture"] > 0.55


def test_mean_colour_does_not_tell_income(readings):
    assert readings["colour"] < 0.25
