"""The workflow is well formed: lint, format, every target of every study resolves."""

import re

import pytest

from .conftest import ROOT

pytestmark = pytest.mark.workflow


def test_lint_finds_nothing(planned):
    done = planned.snakemake("--lint", expect=None)
    assert done.returncode == 0, done.stdout + done.stderr


# What a study without cities, levels, block folds of cities, prices or satellite images lacks.
LACKING = {
    "nyc": {"aerial_figure_1", "plan_satellite_images"},
    "socal": {"ssig_figure_1"},
    "tiny": {"aerial_figure_2_block"},
    "usa": {"aerial_figure_1", "plan_satellite_images", "select_sales"},
    "validation": {"aerial_figure_2_block", "plan_satellite_images"},
}


@pytest.mark.parametrize("study", ["paper", "demo", "tiny", "nyc", "socal", "usa", "validation"])
def test_every_target_of_every_study_resolves(planned, study):
    targets = planned.snakemake("--list-target-rules", "--quiet", "host", study=study).stdout
    names = {line.split()[0] for line in targets.split("\n") if line and line[0].islower()}
    names -= LACKING.get(study, set())
    assert {"all", "aerial_table_1", "districts", "ssig_table_3", "preflight"} <= names
    planned.snakemake(*names, "--dry-run", "--quiet", "rules", study=study)


def test_every_rule_but_those_told_here_carries_a_digest_of_its_code(planned):
    """A fetch depends on address and checksum only, its check is not repeated, others make no file.

    A rule that inherits from one with a digest has it as well.
    """
    exempt = {"fetch_source", "check_sources", "preflight", "exhibit", "scripted"}
    for file in sorted((planned.folder / "workflow/rules").glob("*.smk")):
        inherited = r"\n(?:rule|use rule (?:exhibit|scripted) as) "
        for block in re.split(inherited, file.read_text())[1:]:
            name = re.split(r"\W", block)[0]
            if ("script:" in block or "pathvars:" in block) and name not in exempt:
                assert "**run_by(" in block or "**made_by(" in block, f"{file.name}: {name}"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("seeed=1", "seeed"),
        ("cities=[atlantis]", "city.atlantis is missing"),
        ("threads=0", "0 is less than the minimum of 1"),
        ('districts={"levels":["commune"]}', "commune has no section of its own"),
        ('districts={"tracts":{"adapter":"census"}}', "tracts is no setting, and no level"),
        ('folds={"schemes":["postcode"],"n_folds":5,"n_blocks":9}', "'postcode' is not one of"),
    ],
)
def test_a_wrong_setting_is_told_by_its_key_before_anything_runs(planned, setting, message):
    done = planned.snakemake("--dry-run", "--config", setting, expect=1)
    assert message in done.stdout + done.stderr


DISTRICTS = ("districts", "ssig", "siamese", "shapley", "ssig_paper", "preflight_districts")
AERIAL = ("aerial", "aerial_paper", "preflight_aerial")
NO_TRACTS = 'districts={"tract":{"tables":"nowhere"}}'
NO_CITY = 'city={"aubervieux":{"imagery":{"sources":["nowhere"]}}}'


@pytest.mark.parametrize(
    ("asked", "others", "lacking"), [(AERIAL, DISTRICTS, NO_TRACTS), (DISTRICTS, AERIAL, NO_CITY)]
)
def test_one_study_is_planned_where_the_others_sources_are_unknown(planned, asked, others, lacking):
    planned.snakemake(*asked, "--dry-run", "--quiet", "rules", "--config", lacking)
    done = planned.snakemake(others[0], "--dry-run", "--config", lacking, expect=1)
    assert "there is no source 'nowhere'" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("target", "here", "not_here"),
    [
        ("preflight_aerial", "filosofi_2015/", "acs5_2019"),
        ("preflight_districts", "acs5_2019_tract/", "filosofi"),
    ],
)
def test_preflight_lists_what_the_asked_study_needs(planned, target, here, not_here):
    for _ in ("at first", "asked again"):
        said = planned.snakemake(target, "--cores", "1")
        assert here in said.stderr
    assert not_here not in said.stderr
    told = said.stderr.split("what it will cost")[1]
    assert "processor h" in told


def test_files_of_one_study_are_made_without_those_of_the_other(planned):
    assert not {"make_demo_mirror", "write_manifest"} & planned.rules_to_run(*AERIAL)
    assert "make_demo_cities" not in planned.rules_to_run(*DISTRICTS)


def test_a_changed_setting_leaves_nothing_out_that_depends_on_a_part_checked_before(planned):
    planned.snakemake("results/tiny/sources/preflight-aerial.txt", "--cores", "1")
    for setting in ("manual_dir=elsewhere", "sources=[config/sources_demo.yaml]"):
        done = planned.snakemake("aerial", "--dry-run", "--quiet", "rules", "--config", setting)
        assert "build_cells" in done.stdout + done.stderr, setting


PACKAGES = sorted((ROOT / "src/incomelens").rglob("__init__.py"))


@pytest.mark.parametrize("init", PACKAGES, ids=lambda path: path.parent.name)
def test_a_package_that_lists_its_modules_lists_exactly_those_in_its_folder(init):
    first_table = re.split(r"^=+  =+\n", init.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:2]
    listed = {name for table in first_table for name in re.findall(r"^``(\w+)``  ", table, re.M)}
    present = {path.stem for path in init.parent.iterdir() if path.suffix == ".py"}
    present |= {path.parent.name for path in init.parent.glob("*/__init__.py")}
    assert not listed or listed == present - {"__init__"}
