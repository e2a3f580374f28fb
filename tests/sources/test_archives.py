"""An archive unpacks into its folder, whole, or not at all."""

import stat
import zipfile

import multivolumefile
import numpy as np
import py7zr
import pytest

from incomelens.common.errors import InputError
from incomelens.sources.fetching.archives import (
    archive_members,
    is_archive,
    member_heads,
    unpack,
    unpack_7z,
    unpack_zip,
)
from incomelens.sources.fetching.multi_part import first_parts, parts_of


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


def test_chosen_members_alone_are_unpacked(archive, out, tmp_path):
    zipped = archive(("a/b.txt", "1"), ("a/c.txt", "2"))
    seven = tmp_path / "in" / "a.7z"
    with py7zr.SevenZipFile(seven, "w") as opened:
        for name, body in (("sound.txt", "sound"), ("a/b.txt", "1"), ("a/c.txt", "2")):
            opened.writestr(body, name)
    for path in (zipped, seven):
        assert archive_members(path) == ["sound.txt", "a/b.txt", "a/c.txt"]
        assert unpack(path, out, members=["a/c.txt"]) == [out / "a/c.txt"]
        assert everything_below(out) == ["a", "a/c.txt"]
        assert (out / "a/c.txt").read_text() == "2"
        assert unpack(path, out, members=[]) == []
        assert everything_below(out) == []
        with pytest.raises(InputError, match=rf"{path.name}: holds no a/d\.txt"):
            unpack(path, out, members=["a/d.txt", "a/c.txt"])


def test_a_chosen_member_is_checked_as_all_are(archive, out, tmp_path):
    path = archive(("../escaped.txt", "x"), ("fine.txt", "y"))
    with pytest.raises(InputError, match=r"'\.\./escaped\.txt' points outside its folder"):
        unpack(path, out, members=["../escaped.txt"])
    assert unpack(path, out, members=["fine.txt"]) == [out / "fine.txt"]
    assert not (tmp_path / "escaped.txt").exists()


def test_an_encrypted_seven_zip_is_refused(out, tmp_path):
    path = tmp_path / "a.7z"
    with py7zr.SevenZipFile(path, "w", password="secret") as opened:  # noqa: S106 - of this test
        opened.writestr("1", "a.txt")
    with pytest.raises(InputError, match=r"a\.7z: the archive is encrypted; unpack it by hand"):
        unpack_7z(path, out)
    assert everything_below(tmp_path) == ["a.7z"]


def test_a_bomb_in_seven_zip_is_refused(out, tmp_path):
    path = tmp_path / "a.7z"
    with py7zr.SevenZipFile(path, "w") as opened:
        opened.writestr(bytes(20_000_000), "zeros")
    with pytest.raises(InputError, match=r"would unpack to 20000000, more than 200 times"):
        unpack_7z(path, out)
    assert everything_below(tmp_path) == ["a.7z"]


# Not compressible, so that damage to a byte is damage to one member.
BODIES = {f"x/{n}.jp2": np.random.default_rng(n).bytes(3000) for n in range(5)}


@pytest.fixture
def in_parts(tmp_path):
    """First part of a 7z of several parts, with a record beside each as the workflow writes."""
    folder = tmp_path / "parts"
    folder.mkdir()
    with (
        multivolumefile.MultiVolume(folder / "D1.7z", "wb", volume=4000, ext_digits=3) as volumes,
        py7zr.SevenZipFile(volumes, "w", filters=[{"id": py7zr.FILTER_COPY}]) as opened,
    ):
        for name, body in BODIES.items():
            opened.writestr(body, name)
    for part in sorted(folder.iterdir()):
        part.with_name(f"{part.name}.origin.json").write_text("{}")
    return folder / "D1.7z.001"


def test_an_archive_in_parts_unpacks_as_a_whole_one(in_parts, out):
    assert [part.name for part in parts_of(in_parts)] == [f"D1.7z.{n:03d}" for n in range(1, 5)]
    assert archive_members(in_parts) == list(BODIES)
    unpack(in_parts, out)
    assert {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*.jp2")} == BODIES
    # This one lies across the end of a part.
    assert unpack_7z(in_parts, out, members=["x/1.jp2"]) == [out / "x/1.jp2"]
    assert (out / "x/1.jp2").read_bytes() == BODIES["x/1.jp2"]
    assert everything_below(out) == ["x", "x/1.jp2"]


@pytest.mark.parametrize(
    ("absent", "message"),
    [
        ([2], r"missing D1\.7z\.002; put all parts into one folder"),
        ([2, 3], r"missing D1\.7z\.002, D1\.7z\.003"),
        ([4], r"3 parts of 12000 bytes .*: D1\.7z\.004 is missing, or D1\.7z\.003 is cut short"),
        ([2, 3, 4], r"1 parts of 4000 bytes .*: D1\.7z\.002 is missing"),
    ],
)
def test_a_missing_part_is_named_before_anything_is_unpacked(in_parts, out, absent, message):
    for number in absent:
        in_parts.with_suffix(f".{number:03d}").unlink()
    for use in (archive_members, lambda path: unpack_7z(path, out)):
        with pytest.raises(InputError, match=message):
            use(in_parts)
    assert not out.exists()


def test_a_part_that_was_cut_is_named(in_parts):
    for number, message in ((2, r"D1\.7z\.002 shorter than"), (4, r"or D1\.7z\.004 is cut short")):
        part = in_parts.with_suffix(f".{number:03d}")
        body = part.read_bytes()
        part.write_bytes(body[:-1])
        with pytest.raises(InputError, match=message):
            archive_members(in_parts)
        part.write_bytes(body)


def test_a_first_part_of_something_else_is_refused(in_parts):
    in_parts.write_bytes(b"x" * 4000)
    with pytest.raises(InputError, match=r"D1\.7z\.001: not the first part of a 7z archive"):
        archive_members(in_parts)


def test_a_damaged_member_is_named_and_nothing_is_left(in_parts, out):
    part = in_parts.with_suffix(".002")
    body = bytearray(part.read_bytes())
    body[-100] ^= 1  # byte 7900 of the whole: in the third member
    part.write_bytes(body)
    with pytest.raises(InputError, match=r"\(the entry 'x/2\.jp2' does not match its checksum\)"):
        unpack_7z(in_parts, out)
    assert not out.exists()


def test_parts_are_told_from_whole_archives(tmp_path):
    names = ["a.7z.002", "b.7z", "a.7z.001", "c.zip"]
    files = [tmp_path / name for name in names]
    assert [path.name for path in first_parts(files)] == ["b.7z", "a.7z.001", "c.zip"]
    with pytest.raises(InputError, match=r"a\.7z\.002: part 2 of a\.7z is here, but part 1 is not"):
        first_parts(files[:2])
    assert [is_archive(name) for name in [*names, "d.jp2"]] == [False, True, True, True, False]


def test_heads_of_members_are_read_without_unpacking(in_parts):
    heads = member_heads(in_parts, ["x/3.jp2", "x/0.jp2"], n_bytes=10)
    assert heads == {name: BODIES[name][:10] for name in ("x/0.jp2", "x/3.jp2")}


@pytest.mark.real
def test_the_published_tract_boundaries_are_what_the_registry_says(request, out):
    from incomelens.sources.fetching.registry import load_registry
    from incomelens.sources.fetching.verify import verify

    root = request.config.rootpath
    path = root.parent / "shared" / "data" / "nyc" / "raw" / "cb_2018_36_tract_500k.zip"
    if not path.exists():
        pytest.skip("the published boundary file does not lie beside the checkout")
    registry = load_registry(root / "config/sources.yaml")
    verify(path, registry.file("cb_2018_tract", "cb_2018_36_tract_500k.zip"))
    assert "cb_2018_36_tract_500k.shp" in {file.name for file in unpack_zip(path, out)}
