"""The profiles plan every study, and know the rules that they name."""

import csv
import re

import pytest
import yaml

from .checkout import ROOT

pytestmark = pytest.mark.workflow

PROFILES = sorted(path.parent.name for path in (ROOT / "workflow/profiles").glob("*/config.yaml"))


def settings(profile: str) -> dict:
    return yaml.safe_load((ROOT / "workflow/profiles" / profile / "config.yaml").read_text())


def test_there_is_a_profile_for_every_kind_of_machine():
    assert PROFILES == ["generic", "gpu", "local", "slurm"]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("study", ["tiny", "demo", "paper"])
def test_a_profile_plans_a_study(planned, profile, study):
    """Groups that lead out of themselves and back in are refused by Snakemake here."""
    planned.snakemake(
        "--dry-run", "--quiet", "rules", "--profile", f"workflow/profiles/{profile}", study=study
    )


@pytest.mark.parametrize("profile", ["slurm", "generic"])
def test_a_profile_groups_rules_that_there_are(planned, profile):
    told = planned.snakemake("--list-rules", "--quiet", "host").stdout
    grouped = settings(profile)["groups"]
    assert set(grouped) <= set(told.split())
    assert set(settings(profile)["group-components"]) == set(grouped.values())


def test_rules_ask_for_more_at_every_further_try_and_retry_nothing_themselves():
    """A rule that says nothing of resources inherits them; one that does says both."""
    for file in sorted((ROOT / "workflow/rules").glob("*.smk")):
        for block in re.split(r"\n *(?:use )?rule ", file.read_text())[1:]:
            where = f"{file.name}: {block.split(':')[0]}"
            assert "retries:" not in block, where
            if "script:" in block or "resources:" in block:
                assert "mem_mb=memory(" in block, where
                assert "runtime=minutes(" in block, where


def test_no_job_of_the_tiny_study_took_more_memory_than_it_asks_for(tiny):
    """What jobs ask for, as a dry run of all of them tells it, against what they took."""
    told = tiny.snakemake("--forceall", "--dry-run", "--quiet", "host").stdout
    asked = re.findall(r"benchmark: (\S+)\n(?:    .*\n)*?    resources: .*mem_mb=(\d+)", told)
    assert len(asked) > 50
    for path, mb in asked:
        with (tiny.folder / path).open() as table:
            taken = [row["max_rss"] for row in csv.DictReader(table, delimiter="\t")]
        # A job too short to be measured has no number.
        assert all(float(most) < int(mb) for most in taken if most not in ("NA", "-")), path
