"""What stands beside an image, and which of its bands are its colours."""

import logging
import zipfile

import numpy as np
import pytest
import rasterio
from pyproj import CRS
from rasterio.enums import ColorInterp

from incomelens.common.errors import InputError
from incomelens.sources.readers.orthophotos import extract_orthophotos, list_orthophotos
from incomelens.sources.readers.raster_headers import read_header

from .imagery import PIXEL, N, dalles, extent, image, package, tile_name

NAME = tile_name(0, 0)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def geotiff(path, **changes):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(image(0, 0, driver="GTiff", **changes))
    return path


def with_companions(folder):
    """A GeoTIFF without place or system of its own, and everything that stands beside it."""
    path = geotiff(folder / f"{NAME}.TIF", crs=None, transform=None)
    west, _, _, north = extent(0, 0).bounds
    numbers = (PIXEL, 0, 0, -PIXEL, west + PIXEL / 2, north - PIXEL / 2)
    path.with_suffix(".TFW").write_text("\n".join(map(str, numbers)))
    mask = np.full((N, N), 255, np.uint8)
    mask[:, :10] = 0
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False), rasterio.open(path, "r+") as opened:
        opened.write_mask(mask)
    path.with_suffix(".prj").write_text(CRS.from_epsg(2154).to_wkt("WKT1_ESRI"))
    path.with_suffix(".lgo").write_text("of another program")
    return path


@pytest.mark.parametrize("packed", [False, True])
def test_what_belongs_to_an_image_comes_with_it(tmp_path, out, packed, caplog):
    path = with_companions(tmp_path / "in")
    files = [path]
    if packed:
        files = [tmp_path / "a.zip"]
        with zipfile.ZipFile(files[0], "w") as archive:
            for one in sorted(path.parent.iterdir()):
                archive.write(one, f"deep/{one.name}")
    with caplog.at_level(logging.INFO):
        listing = list_orthophotos(files, reader="geotiff")
    assert listing.crs.to_epsg() == 2154
    assert ("1 files are left: deep/" in caplog.text) == packed
    found = extract_orthophotos(listing, out)
    with rasterio.open(out / found["path"][0]) as opened:
        assert opened.bounds == extent(0, 0).bounds
        assert (opened.dataset_mask()[:, :10] == 0).all()
        assert (opened.dataset_mask()[:, 10:] == 255).all()
    endings = {one.name.removeprefix(listing["name"][0]) for one in out.iterdir()}
    assert endings == {".tif", ".tif.msk", ".tfw", ".prj"}


def test_companions_may_stand_in_the_registry_beside_their_images(tmp_path):
    path = with_companions(tmp_path / "in")
    files = [one for one in path.parent.iterdir() if one.suffix != ".lgo"]
    assert len(list_orthophotos(files, reader="geotiff")) == 1
    with pytest.raises(InputError, match=r"\.lgo: reader geotiff takes \.tif, .* by its name"):
        list_orthophotos([path, path.with_suffix(".lgo")], reader="geotiff")


def test_no_data_value_beside_a_jpeg_2000_in_a_7z_comes_with_it(tmp_path, out):
    aux = "<PAMDataset>" + "".join(
        f'<PAMRasterBand band="{n}"><NoDataValue>1</NoDataValue></PAMRasterBand>' for n in (1, 2, 3)
    )
    member = f"1_DONNEES_LIVRAISON_2018-01-00001/OHR_RVB_0M20_D69-2017/{NAME}.jp2.aux.xml"
    more = [(member, (aux + "</PAMDataset>").encode())]
    layer = dalles(tmp_path / "d", {NAME: extent(0, 0)})
    files = package(tmp_path / "in", {NAME: image(0, 0)}, layer, more=more)
    found = extract_orthophotos(list_orthophotos(files, reader="ign"), out)
    with rasterio.open(out / found["path"][0]) as opened:
        assert opened.nodatavals == (1, 1, 1)
        assert not opened.dataset_mask().any()  # the tile has the colour 1 all over


def test_an_unreadable_prj_is_told(tmp_path):
    path = geotiff(tmp_path / "a.tif", crs=None)
    path.with_suffix(".prj").write_text("not a reference system")
    with pytest.raises(InputError, match=r"the \.prj of a\.tif is not readable"):
        list_orthophotos([path], reader="geotiff")


def coloured(path, *, interpretations=None, descriptions=None, **profile):
    geotiff(path, **profile)
    with rasterio.open(path, "r+") as opened:
        if interpretations:
            opened.colorinterp = [ColorInterp[one] for one in interpretations]
        if descriptions:
            opened.descriptions = descriptions
    return path


def test_colours_are_where_the_file_says_and_another_order_is_told(tmp_path, caplog):
    bgr = coloured(tmp_path / "bgr.tif", interpretations=["blue", "green", "red"])
    named = coloured(tmp_path / "named.tif", count=4, descriptions=("NIR", "Red", "Green", "Blue"))
    assert read_header(bgr, name="bgr").bands == (3, 2, 1)
    assert read_header(named, name="named").bands == (2, 3, 4)
    assert read_header(named, name="named", bands=[4, 1, 2]).bands == (4, 1, 2)
    list_orthophotos([bgr, named], reader="geotiff")
    assert "2 of 2 orthophotos name their bands in another order" in caplog.text
    assert "(3, 2, 1) in 1, (2, 3, 4) in 1" in caplog.text
    caplog.clear()
    list_orthophotos([bgr], reader="geotiff", bands=[3, 2, 1])
    assert not caplog.records


def test_orthophotos_that_are_called_infrared_are_told(tmp_path, caplog):
    path = geotiff(tmp_path / "ign_ortho_irc_50m.tif")
    list_orthophotos([path], reader="geotiff")
    assert "1 orthophotos are called infrared (ign_ortho_irc_50m)" in caplog.text
    caplog.clear()
    list_orthophotos([path], reader="geotiff", bands=[1, 2, 3])
    assert not caplog.records


def test_bands_that_cannot_serve_are_told_with_what_to_do(tmp_path, out):
    grey = coloured(tmp_path / "grey.tif", count=1)
    with pytest.raises(
        InputError, match=r"grey\.tif: 1 bands of uint8; .* set `bands: \[1, 1, 1\]"
    ):
        list_orthophotos([grey], reader="geotiff")
    listing = list_orthophotos([grey], reader="geotiff", bands=[1, 1, 1])
    assert len(extract_orthophotos(listing, out, bands=[1, 1, 1])) == 1
    palette = coloured(tmp_path / "palette.tif", count=1)
    with rasterio.open(palette, "r+") as opened:
        opened.write_colormap(1, {1: (200, 10, 10, 255)})
    with pytest.raises(InputError, match=r"it has a colour table: .* -expand rgb"):
        list_orthophotos([palette], reader="geotiff")
    deep = coloured(tmp_path / "deep.tif", dtype="uint16")
    with pytest.raises(InputError, match=r"3 bands of uint16; .* to 8 bits by one scale"):
        list_orthophotos([deep], reader="geotiff")
    three = coloured(tmp_path / "three.tif")
    with pytest.raises(InputError, match=r"three\.tif: 3 bands; `bands` asks for number 4"):
        list_orthophotos([three], reader="geotiff", bands=[4, 1, 2])
