"""Street views of the synthetic districts: trees and whole windows grow with the signal."""

import io
from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

from incomelens.demo.cities.archives import zipped

SIZE = (96, 72)  # width, height
VIEWS_A_TRACT = 2
SKY, WALL, STREET, TREE = (168, 196, 224), (176, 140, 120), (120, 120, 124), (54, 104, 50)
GLASS, BOARD = (70, 84, 104), (128, 96, 56)
TABLE = "coordinates.csv"


def street_views_zip(
    tracts: gpd.GeoDataFrame, signal: NDArray[np.float64], rng: np.random.Generator
) -> bytes:
    """Archive of JPEG images and a table of where they were taken, the same bytes on every run.

    One image is broken, one stands in no table and has no tags, one outside the city; one has its
    place in its GPS tags alone.

    Parameters
    ----------
    tracts : GeoDataFrame
        Polygons in a projected reference system; people in ``population``: no views where nobody
        lives.
    signal : array of shape (n_tracts,)
    rng : Generator
    """
    files, rows = {}, []
    inhabited = np.flatnonzero(tracts["population"].to_numpy() > 0)
    places = _places(tracts.iloc[inhabited], rng)
    for number, at in enumerate(np.repeat(inhabited, VIEWS_A_TRACT)):
        name = f"views/{number:05d}.jpg"
        picture = _picture(float(signal[at]), rng)
        longitude, latitude = (round(float(value), 6) for value in places[number])
        by_tags = number == 0
        files[name] = _jpeg(picture, (longitude, latitude) if by_tags else None)
        month = f"{rng.integers(2018, 2021)}-{rng.integers(1, 13):02d}"
        if not by_tags:
            rows.append((name, longitude, latitude, month, int(rng.integers(360))))
    broken, longitude, latitude, *_ = rows[2]
    files[broken] = files[broken][:200]
    files["views/outside.jpg"] = _jpeg(_picture(0.0, rng), None)
    rows.append(("views/outside.jpg", longitude + 5.0, latitude, "2019-05", 0))
    files["views/nowhere.jpg"] = _jpeg(_picture(0.0, rng), None)
    table = pd.DataFrame(rows, columns=["file", "longitude", "latitude", "date", "heading"])
    return zipped({TABLE: table.to_csv(index=False).encode(), **files})


def _places(tracts: gpd.GeoDataFrame, rng: np.random.Generator) -> NDArray[np.float64]:
    """Longitude and latitude of VIEWS_A_TRACT points in each tract."""
    points = []
    for shape in tracts.geometry:
        west, south, east, north = shape.bounds
        drawn = rng.uniform((west, south), (east, north), (200, 2))
        points.append(drawn[shapely.contains_xy(shape, drawn)][:VIEWS_A_TRACT])
    points = np.concatenate(points)
    place = gpd.GeoSeries.from_xy(points[:, 0], points[:, 1], crs=tracts.crs).to_crs("EPSG:4326")
    return np.column_stack([place.x, place.y])


def _picture(signal: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Sky, a wall with windows, a street, and trees before them."""
    width, height = SIZE
    roof, kerb = height // 5 + int(rng.integers(8)), height * 4 // 5
    image = np.empty((height, width, 3), dtype=np.float64)
    image[:roof], image[roof:kerb], image[kerb:] = SKY, WALL, STREET
    for top in range(roof + 5, kerb - 8, 13):
        for left in range(int(rng.integers(4)), width - 6, 11):
            boarded = rng.random() < 1 / (1 + np.exp(1.2 + 1.2 * signal))
            image[top : top + 7, left : left + 5] = BOARD if boarded else GLASS
    rows, cols = np.mgrid[:height, :width]
    for _ in range(rng.poisson(3.0 * np.exp(0.5 * signal))):
        centre, radius = rng.uniform(0, width), rng.uniform(6, 11)
        crown = (cols - centre) ** 2 + (rows - (kerb - 14)) ** 2 < radius**2
        trunk = (abs(cols - centre) < 1.5) & (rows >= kerb - 14) & (rows < kerb + 2)
        image[crown | trunk] = TREE
    light = rng.uniform(0.8, 1.15) + 0.05 * rng.normal(size=(height, width, 1))
    return np.clip(image * light, 0, 255).astype(np.uint8)


def _jpeg(picture: NDArray[np.uint8], place: tuple[float, float] | None) -> bytes:
    packed = io.BytesIO()
    exif = Image.Exif()
    if place is not None:
        exif[ExifTags.IFD.GPSInfo] = _gps_tags(*place)
    Image.fromarray(picture).save(packed, "JPEG", quality=85, exif=exif)
    return packed.getvalue()


def _gps_tags(longitude: float, latitude: float) -> Mapping[int, object]:
    tags = ExifTags.GPS

    def parts(value: float) -> tuple[IFDRational, IFDRational, IFDRational]:
        degrees, minutes = divmod(abs(value) * 60, 60)[0] // 1, abs(value) * 60 % 60
        seconds = round(minutes % 1 * 60 * 10_000)
        return IFDRational(int(degrees)), IFDRational(int(minutes)), IFDRational(seconds, 10_000)

    return {
        tags.GPSLatitudeRef: "N" if latitude >= 0 else "S",
        tags.GPSLatitude: parts(latitude),
        tags.GPSLongitudeRef: "E" if longitude >= 0 else "W",
        tags.GPSLongitude: parts(longitude),
    }
