"""The rules in a small study of their own, against the local server."""

import hashlib
import json
import os
import subprocess
import sys

import pytest
import yaml

SNAKEFILE = """
from pathlib import Path
HERE = CHECKOUT = Path(".")
configfile: "config.yaml"
CONFIGURED = config
pathvars:
    results=f"results/{config['study']}",
    logs=f"results/{config['study']}/logs",
    benchmarks=f"results/{config['study']}/benchmarks",
include: "workflow/rules/common.smk"
include: "workflow/rules/base.smk"
include: "workflow/rules/sources.smk"
"""
BODY = b"[[1, 2]]"
KEY = "s3cretkey"


@pytest.fixture
def study(tmp_path, web, request):
    """A study of one level, whose sources lie on the local server; returns how to run it."""
    root = request.config.rootpath
    for folder in ("workflow", "envs"):
        (tmp_path / folder).symlink_to(root / folder)
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    config = yaml.safe_load((root / "config/config.yaml").read_text())
    level = {"adapter": "census", "tables": "acs", "boundaries": "cb"}
    config |= {"study": "small", "sources": ["sources.yaml"], "cities": []}
    config["land_use"] = str(root / config["land_use"])
    config["siamese"] |= dict.fromkeys(("prices", "satellite", "street_view"))
    config["districts"] |= {"levels": ["tract"], "tract": level}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    known = yaml.safe_load((root / "config/sources.yaml").read_text())
    file = {"format": "json", "sha256": hashlib.sha256(BODY).hexdigest(), "bytes": None}
    acs = known["acs5_2019_tract"] | {
        "files": {"a.json": file | {"address": f"{web.address}/a.json"}}
    }
    cb = known["cb_2018_tract"] | {"files": {"b.json": file | {"manual": "press Download"}}}
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump({"acs": acs, "cb": cb}))
    web.answer(lambda request: request.reply(200, BODY))

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "1", *arguments],
            cwd=tmp_path,
            env=os.environ | {"CENSUS_API_KEY": KEY},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def put_by_hand(tmp_path):
    (tmp_path / "data/manual/cb").mkdir(parents=True)
    (tmp_path / "data/manual/cb/b.json").write_bytes(BODY)


@pytest.mark.slow
def test_a_missing_manual_file_is_told_before_anything_is_fetched(study, web, tmp_path):
    done = study("results/small/sources/manifest.csv")
    assert done.returncode == 1
    assert "cb/b.json: only a person can fetch this file; press Download" in done.stderr
    assert "Traceback" not in done.stderr
    assert web.requests == []
    assert not (tmp_path / "results/small/sources/acs").exists()


@pytest.mark.slow
def test_the_key_is_sent_and_written_nowhere(study, web, tmp_path):
    put_by_hand(tmp_path)
    done = study("results/small/sources/manifest.csv")
    assert done.returncode == 0, done.stderr
    assert [path for path, _ in web.requests] == [f"/a.json?key={KEY}"]
    record = json.loads((tmp_path / "results/small/sources/acs/a.json.origin.json").read_text())
    assert record["address"] == f"{web.address}/a.json"
    assert KEY not in done.stdout + done.stderr
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in written if KEY.encode() in path.read_bytes()]
