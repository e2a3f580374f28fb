"""Small orthophotos, packed as IGN packs them."""

import io
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import multivolumefile
import numpy as np
import py7zr
import rasterio
import shapely
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine

PIXEL = 10.0  # metres
N = 40  # pixels a side, so that a tile is 400 m wide
WEST, NORTH = 840_000.0, 6_520_000.0
# As IGN's image service writes it: Lambert-93 without a name that any library knows.
UNNAMED = (
    'PROJCS["EPSG:2154",GEOGCS["unknown",DATUM["unnamed",SPHEROID["unretrievable - using WGS84",'
    '6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],'
    'PROJECTION["Lambert_Conformal_Conic_2SP"],PARAMETER["latitude_of_origin",46.5],'
    'PARAMETER["central_meridian",3],PARAMETER["standard_parallel_1",49],'
    'PARAMETER["standard_parallel_2",44],PARAMETER["false_easting",700000],'
    'PARAMETER["false_northing",6600000],UNIT["metre",1],AXIS["Easting",EAST],'
    'AXIS["Northing",NORTH]]'
)
NAME = "ORTHOHR_1-0_RVB-0M20_JP2-E080_LAMB93_D069_2017-01-01"


def tile_name(column: int, row: int, *, kind: str = "") -> str:
    """Name of a tile as IGN gives it: west and north edge in kilometres."""
    east, north = int(WEST / 1000) + column, int(NORTH / 1000) - row
    return f"69-2017-{east:04d}-{north:04d}-LA93{kind}-0M20-E080"


def extent(column: int, row: int) -> shapely.Polygon:
    """Ground of a tile, EPSG:2154."""
    west, north = WEST + column * N * PIXEL, NORTH - row * N * PIXEL
    return shapely.box(west, north - N * PIXEL, west + N * PIXEL, north)


def image(column: int, row: int, **changes: object) -> bytes:
    """A tile in colours that tell which it is."""
    profile = {
        "driver": "JP2OpenJPEG",
        "width": N,
        "height": N,
        "count": 3,
        "dtype": "uint8",
        "crs": "EPSG:2154",
        "transform": Affine(
            PIXEL, 0, WEST + column * N * PIXEL, 0, -PIXEL, NORTH - row * N * PIXEL
        ),
        **({} if changes.get("driver") else {"QUALITY": "100", "REVERSIBLE": "YES"}),
    } | changes
    shape = (profile["count"], profile["height"], profile["width"])
    pixels = np.full(shape, 10 * column + row + 1, dtype=profile["dtype"])
    ending = ".jp2" if profile["driver"] == "JP2OpenJPEG" else ".tif"
    known = {key: value for key, value in profile.items() if value is not None}
    # A name with its ending makes JPEG 2000 a file with its boxes, not the bare code.
    with warnings.catch_warnings(), rasterio.MemoryFile(ext=ending) as memory:
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # where that is meant
        with memory.open(**known) as opened:
            opened.write(pixels)
        return memory.read()


def dalles(
    folder: Path, tiles: Mapping[str, shapely.Polygon], *, crs: str | None = "EPSG:2154"
) -> dict[str, bytes]:
    """Files of the layer of footprints, by name."""
    folder.mkdir(parents=True, exist_ok=True)
    frame = gpd.GeoDataFrame(
        {"NOM": [f"./{name}.jp2" for name in tiles]}, geometry=list(tiles.values()), crs=crs
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided")
        frame.to_file(folder / "dalles.shp")
    return {file.name: file.read_bytes() for file in sorted(folder.glob("dalles.*"))}


def package(
    folder: Path,
    images: Mapping[str, bytes],
    supplement: Mapping[str, bytes],
    *,
    name: str = NAME,
    volume: int | None = None,
    more: Sequence[tuple[str, bytes]] = (),
) -> list[Path]:
    """Write a 7z, in parts of `volume` bytes where asked for, in the layout of ORTHO HR."""
    folder.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    top = f"{name}/ORTHOHR"
    filters = [{"id": py7zr.FILTER_COPY}]
    with py7zr.SevenZipFile(buffer, "w", filters=filters) as archive:
        for stem, body in images.items():
            place = f"{top}/1_DONNEES_LIVRAISON_2018-01-00001/OHR_RVB_0M20_D69-2017"
            archive.writestr(body, f"{place}/{stem}.jp2")
        for file, body in supplement.items():
            archive.writestr(body, f"{top}/3_SUPPLEMENTS_LIVRAISON_2018-01-00001/OHR/{file}")
        for file, body in more:
            archive.writestr(body, f"{top}/{file}")
    path = folder / f"{name}.7z"
    if volume is None:
        path.write_bytes(buffer.getvalue())
        return [path]
    with multivolumefile.MultiVolume(path, "wb", volume=volume, ext_digits=3) as parts:
        parts.write(buffer.getvalue())
    return sorted(folder.glob(f"{path.name}.*"))
