"""Archives and files as they arrive: unpacked right, or refused in a sentence."""

import gzip
import io
import zipfile

import py7zr

from incomelens.sources.fetching.archives import archive_members, member_heads, unpack
from incomelens.sources.fetching.registry import SourceFile
from incomelens.sources.fetching.verify import verify

from ..fuzzing import damaged_bytes, fuzzed, outcome

FILES = {"a/one.txt": b"one " * 40, "a/two.csv": b"1;2\n" * 30, "tree.txt": b"\x00\x01" * 50}


def zipped(method=zipfile.ZIP_DEFLATED):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    return packed.getvalue()


def seven_zipped():
    packed = io.BytesIO()
    with py7zr.SevenZipFile(packed, "w") as archive:
        for name, content in FILES.items():
            archive.writestr(content, name)
    return packed.getvalue()


def unpacked(archive, folder):
    """Names and contents of an archive that is read whole, in the two ways that readers read."""
    named = archive_members(archive)
    files = unpack(archive, folder / "out")
    found = {file.relative_to(folder / "out").as_posix(): file.read_bytes() for file in files}
    # An entry whose damaged size is 0 is told as an empty file, and left out.
    assert set(named) == {name for name, content in found.items() if content}
    return {name: content for name, content in found.items() if content}


def check(content, name, folder):
    archive = folder / name
    archive.write_bytes(content)
    found = outcome(lambda: unpacked(archive, folder), named=name)
    if found is not None:
        # A name is not under a checksum in a zip; contents are.
        assert set(found.values()) <= set(FILES.values())
    else:
        assert not (folder / "out").exists()


@fuzzed(content=damaged_bytes(zipped()))
def test_zip(tmp_path_factory, content):
    check(content, "a.zip", tmp_path_factory.mktemp("zip"))


@fuzzed(content=damaged_bytes(zipped(zipfile.ZIP_LZMA)))
def test_zip_by_lzma(tmp_path_factory, content):
    check(content, "a.zip", tmp_path_factory.mktemp("zip"))


@fuzzed(content=damaged_bytes(zipped(zipfile.ZIP_STORED)))
def test_zip_stored(tmp_path_factory, content):
    check(content, "a.zip", tmp_path_factory.mktemp("zip"))


@fuzzed(content=damaged_bytes(seven_zipped()))
def test_7z(tmp_path_factory, content):
    check(content, "a.7z", tmp_path_factory.mktemp("seven"))


@fuzzed(content=damaged_bytes(seven_zipped()))
def test_7z_in_parts(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("parts")
    half = max(1, len(content) // 2)
    (folder / "a.7z.001").write_bytes(content[:half])
    (folder / "a.7z.002").write_bytes(content[half:])
    found = outcome(lambda: unpacked(folder / "a.7z.001", folder))
    assert found is None or found == FILES


@fuzzed(content=damaged_bytes(seven_zipped()))
def test_heads_of_a_7z(tmp_path_factory, content):
    archive = tmp_path_factory.mktemp("heads") / "a.7z"
    archive.write_bytes(content)
    heads = outcome(lambda: member_heads(archive, list(FILES), n_bytes=5), named="a.7z")
    assert heads is None or heads == {name: whole[:5] for name, whole in FILES.items()}


def sound(kind):
    if kind in ("zip", "xlsx"):
        return zipped()
    starts = {"gpkg": b"SQLite format 3\x00", "tif": b"II*\x00"}
    return {
        "7z": seven_zipped(),
        "7z_first": seven_zipped(),
        "gz": gzip.compress(b"a,b\n1,2\n" * 9),
        "parquet": b"PAR1 rows PAR1",
        "json": b'[["a","b"],["1","x\\"y"]]',
    }.get(kind, starts.get(kind, b"") + b"a,b\n1,2\n")


def format_test(kind):
    file = SourceFile(source="survey", name="it", format=kind, page="https://survey.org")

    @fuzzed(content=damaged_bytes(sound(kind)))
    def test(tmp_path_factory, content):
        path = tmp_path_factory.mktemp("format") / "it"
        path.write_bytes(content)
        digest = outcome(lambda: verify(path, file), named="survey/it")
        assert digest is None or len(digest) == 64

    return test


test_verified_zip = format_test("zip")
test_verified_7z = format_test("7z")
test_verified_parquet = format_test("parquet")
test_verified_json = format_test("json")
test_verified_csv = format_test("csv")
test_verified_gz = format_test("gz")
test_verified_gpkg = format_test("gpkg")
test_verified_tif = format_test("tif")
