"""Every job is called in the container image, and the image gives the same bytes."""

import os
import shutil
import subprocess

import pytest

from .conftest import ROOT

pytestmark = pytest.mark.workflow

IMAGE = ROOT / "incomelens.tar"
# Stands for Apptainer, which is no package of Debian: notes its words, runs the job as it is.
STAND_IN = """#!/bin/sh
[ "$1" = "--version" ] && { echo "apptainer version 1.3.4"; exit; }
echo "$*" >>"$CALLED"
while case $1 in *incomelens.sif) false ;; esac; do shift; done
shift
exec "$@"
"""


def test_jobs_are_called_in_the_image_where_apptainer_is_asked_for(fresh, tmp_path, monkeypatch):
    (tmp_path / "apptainer").write_text(STAND_IN)
    (tmp_path / "apptainer").chmod(0o755)
    folders = [str(tmp_path), str(ROOT / ".venv/bin"), os.environ["PATH"]]
    monkeypatch.setenv("PATH", os.pathsep.join(folders))
    monkeypatch.setenv("CALLED", str(tmp_path / "called"))
    fresh.snakemake("make_demo_mirror", "--cores", "1", "--sdm", "apptainer")
    called = (tmp_path / "called").read_text()
    assert called.startswith("exec --home ")
    assert " incomelens.sif " in called
    assert "make_demo_mirror.py" in called


@pytest.fixture(scope="module")
def inside(tmp_path_factory):
    """Run words in the image; skips where there is none, or no builder starts."""
    if not IMAGE.is_file():
        pytest.skip(f"there is no {IMAGE.name}: make container builds it (root, Debian, network)")
    if shutil.which("buildah") is None:
        pytest.skip("buildah is not installed: apt-get install buildah")
    storage = tmp_path_factory.mktemp("containers")
    words = [
        "buildah",
        "--storage-driver",
        "vfs",
        "--root",
        storage / "a",
        "--runroot",
        storage / "b",
    ]
    begun = subprocess.run(
        [*words, "from", f"oci-archive:{IMAGE}"], capture_output=True, text=True, check=False
    )
    if begun.returncode:
        pytest.skip(f"buildah does not start here: {begun.stderr.strip()[-200:]}")
    name = begun.stdout.strip().split("\n")[-1]

    def run(checkout, *arguments):
        into = ["--volume", f"{checkout.folder}:/project", "--workingdir", "/project"]
        into += ["--env", "PYTHONPATH=/project/src", "--isolation", "chroot"]
        return subprocess.run(
            [*words, "run", *into, name, "--", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )

    yield run
    subprocess.run([*words, "rm", "--all"], check=False)
    shutil.rmtree(storage)


def test_the_tiny_study_in_the_image_gives_the_same_bytes(inside, fresh, request):
    tiny = request.getfixturevalue("tiny")  # which takes minutes, only where there is an image
    words = ["snakemake", "--cores", "2", "--configfile", "config/tiny.yaml"]
    done = inside(fresh, *words)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    ours, theirs = tiny.compared(), fresh.compared()
    assert set(ours) == set(theirs)
    assert [name for name in ours if ours[name] != theirs[name]] == []
