"""An archive unpacks into its folder, whole, or not at all."""

import stat
import zipfile

import py7zr
import pytest

from incomelens.common.errors import InputError
from incomelens.sources.archives import unpack_7z, unpack_zip


@pytest.fixture
def archive(tmp_path):
    """Write a zip archive with these entries."""

    def archive(*entries):
        path = tmp_path / "in" / "a.zip"
        path.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
            opened.writestr("sound.txt", "sound")
            for name, body in entries:
                opened.writestr(name, body)
        return path

    return archive


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def everything_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_files_and_folders_arrive(archive, out):
    files = unpack_zip(archive(("shape/", ""), ("shape/a.shp", "123")), out)
    assert files == [out / "sound.txt", out / "shape/a.shp"]
    assert [file.read_text() for file in files] == ["sound", "123"]


def test_an_older_folder_is_replaced(archive, out):
    out.mkdir()
    (out / "older").touch()
    unpack_zip(archive(), out)
    assert everything_below(out) == ["sound.txt"]


@pytest.mark.parametrize(
    "name",
    [
        "../escaped.txt",
        "a/../../escaped.txt",
        "/tmp/escaped.txt",  # noqa: S108 - nothing is written there
        "C:/escaped.txt",
        "..\\escaped.txt",
        "\\\\host\\share\\escaped.txt",
    ],
)
def test_an_entry_that_points_outside_is_refused(archive, out, tmp_path, name):
    with pytest.raises(InputError, match=r"a\.zip: the entry .*escaped\.txt' points outside"):
        unpack_zip(archive((name, "x")), out)
    assert everything_below(tmp_path) == ["in", "in/a.zip"]


def test_a_link_is_refused(archive, out, tmp_path):
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(InputError, match=r"the entry 'link' is a link"):
        unpack_zip(archive((link, "/etc/passwd")), out)
    assert everything_below(tmp_path) == ["in", "in/a.zip"]


def test_an_encrypted_entry_is_refused(archive, out):
    path = archive()
    body = bytearray(path.read_bytes())
    body[body.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(body)
    with pytest.raises(InputError, match=r"the entry 'sound\.txt' is encrypted"):
        unpack_zip(path, out)


def test_a_bomb_is_refused_before_it_goes_off(archive, out, tmp_path):
    with pytest.raises(InputError, match=r"would unpack to 20000005, more than 200 times"):
        unpack_zip(archive(("zeros", bytes(20_000_000))), out)
    assert everything_below(tmp_path) == ["in", "in/a.zip"]


def test_more_than_the_most_is_refused(archive, out):
    with pytest.raises(InputError, match=r"more than 6 bytes"):
        unpack_zip(archive(("b", "12")), out, most_bytes=6)


def test_a_size_that_lies_is_refused_and_leaves_nothing(archive, out, tmp_path):
    path = archive(("big", bytes(range(256)) * 100))
    body = bytearray(path.read_bytes())
    where = body.rindex(b"PK\x01\x02") + 24
    body[where : where + 4] = (10).to_bytes(4, "little")
    path.write_bytes(body)
    with pytest.raises(InputError, match=r"not a sound zip archive"):
        unpack_zip(path, out)
    assert everything_below(tmp_path) == ["in", "in/a.zip"]


def test_a_damaged_archive_leaves_nothing(archive, out, tmp_path):
    path = archive(("big", bytes(range(256)) * 100))
    body = bytearray(path.read_bytes())
    body[body.index(b"big") + 20] ^= 0xFF
    path.write_bytes(body)
    with pytest.raises(InputError, match=r"a\.zip: not a sound zip archive .* fetch it again"):
        unpack_zip(path, out)
    assert everything_below(tmp_path) == ["in", "in/a.zip"]


def test_seven_zip_unpacks_alike(out, tmp_path):
    path = tmp_path / "a.7z"
    with py7zr.SevenZipFile(path, "w") as opened:
        opened.writestr("1", "a/b.txt")
    assert unpack_7z(path, out) == [out / "a/b.txt"]
    assert (out / "a/b.txt").read_text() == "1"
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(InputError, match=r"a\.7z: not a sound 7z archive"):
        unpack_7z(path, tmp_path / "other")
    assert everything_below(tmp_path) == ["a.7z", "out", "out/a", "out/a/b.txt"]


@pytest.mark.real
def test_the_published_tract_boundaries_are_what_the_registry_says(request, out):
    from incomelens.sources.registry import load_registry
    from incomelens.sources.verify import verify

    root = request.config.rootpath
    path = root.parent / "shared" / "data" / "nyc" / "raw" / "cb_2018_36_tract_500k.zip"
    if not path.exists():
        pytest.skip("the published boundary file does not lie beside the checkout")
    registry = load_registry(root / "config/sources.yaml")
    verify(path, registry.file("cb_2018_tract", "cb_2018_36_tract_500k.zip"))
    assert "cb_2018_36_tract_500k.shp" in {file.name for file in unpack_zip(path, out)}
