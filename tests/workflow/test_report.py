"""The report of the tiny study, and what README says of the workflow's targets."""

import json
import re

import pytest

from .conftest import ROOT

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def page(tiny):
    return (tiny.folder / "results/tiny/report.html").read_text(encoding="utf-8")


def test_every_figure_and_table_that_the_study_made_is_on_the_page(tiny, page):
    paper = tiny.folder / "results/tiny/paper"
    # A CSV alone is the table behind a figure.
    made = [*paper.rglob("*.png"), *(one.with_suffix(".csv") for one in paper.rglob("*.md"))]
    assert len(made) > 30
    links = set(re.findall(r'<a href="(paper/[^"]+)"', page))
    assert [one for one in made if f"paper/{one.relative_to(paper).as_posix()}" not in links] == []


def test_a_stale_file_is_not_on_the_page(finished):
    stale = finished.results / "paper/aerial/stale.png"
    stale.write_bytes((stale.parent / "fig2.png").read_bytes())
    finished.snakemake("write_report", "--cores", "1", "--forcerun", "write_report")
    assert "stale" not in (finished.results / "report.html").read_text("utf-8")


def test_the_page_is_quiet_in_a_browser_and_its_map_answers(tiny, open_page):
    path = tiny.folder / "results/tiny/report.html"
    for width in (390, 1280):
        shown = open_page(path, width, touch=width < 1280)
        assert shown.said == []
        assert [one for one in shown.asked if not one.startswith("data:")] == [path.as_uri()]
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
        assert shown.page.evaluate("[...document.images].every(one => one.alt && one.naturalWidth)")
        shown.touch_map(0.5, 0.5, tap=width < 1280)
        assert "Activation by urban class" in shown.told()
        shown.part("choose-map").select_option(index=1)
        shown.touch_map(0.5, 0.3, tap=width < 1280)
        assert "What moves the prediction" in shown.told()


def test_the_page_has_no_serious_fault_for_a_screen_reader(tiny, open_page, axe):
    path = tiny.folder / "results/tiny/report.html"
    for width in (390, 1280):
        assert open_page(path, width).violations(axe) == {}


def test_provenance_tells_the_costs_of_every_stage(tiny):
    told = json.loads((tiny.folder / "results/tiny/provenance.json").read_text(encoding="utf-8"))
    assert told["configuration"]["tiles"]["tile_px"] == 64  # the study's, laid over the default's
    stages = {one["stage"] for one in told["costs"]["stages"]}
    assert {"cells", "tiles", "inference", "attribution", "ssig", "shapley", "paper"} <= stages
    rules = {one["rule"]: one for one in told["costs"]["rules"]}
    assert (
        rules["train_network"]["n_jobs"] == 4
    )  # folds, of `main` and of its twin with shuffled labels
    assert rules["train_network"]["peak_memory_mib"] > 100
    assert all(len(one["sha256"]) == 64 for one in told["sources"])
    assert told["code"]["commit"] is None  # a copy of the checkout, without git


def test_a_benchmark_of_another_configuration_is_not_counted(finished):
    folder = finished.results / "benchmarks/cells/build_cells"
    (folder / "lyon.tsv").write_bytes(next(folder.glob("*.tsv")).read_bytes())
    finished.snakemake("write_provenance", "--cores", "1", "--forcerun", "write_provenance")
    told = json.loads((finished.results / "provenance.json").read_text("utf-8"))
    rules = {one["rule"]: one["n_jobs"] for one in told["costs"]["rules"]}
    assert rules["build_cells"] == 1


def test_every_job_that_left_a_benchmark_is_in_the_costs_that_others_are_foretold_from(finished):
    finished.snakemake("write_costs", "--cores", "1")
    told = json.loads((finished.results / "costs.json").read_text("utf-8"))
    left = [one for one in finished.results.glob("benchmarks/**/*.tsv") if "report" not in str(one)]
    assert sum(one["n_jobs"] for one in told["jobs"] if one["stage"] != "report") == len(left)
    assert {one["rule"] for one in told["jobs"]} >= {"train_network", "fit_gp", "cut_tiles"}


def test_snakemakes_own_report_has_every_figure(finished):
    finished.snakemake("--report", "results/tiny/snakemake_report.html")
    text = (finished.results / "snakemake_report.html").read_text(encoding="utf-8")
    for label in ("Fig. 2", "Table 3", "Claims ledger", "Deviations", "Fig. 3, aubervieux"):
        assert label in text


def test_every_exhibit_is_shown_by_both_reports(planned):
    """One whose outputs are not those of figure(...) or table(...) would be missing from them."""
    rules = [path.read_text() for path in (planned.folder / "workflow/rules").glob("paper_*.smk")]
    exhibits = [block for text in rules for block in text.split("use rule exhibit as ")[1:]]
    assert len(exhibits) == sum(text.count("**made_by(") for text in rules) > 40
    for block in exhibits:
        output = block.split("output:")[1].split("pathvars:")[0]
        assert re.search(r"\*\*(figure|table)\(", output), block.split(" ")[0]


# --- What the documentation says of the workflow


def targets(planned) -> set[str]:
    listed = planned.snakemake("--list-target-rules", "--quiet", "host").stdout
    return {line.split()[0] for line in listed.split("\n") if line and line[0].islower()}


def told_in_the_figure_table() -> set[str]:
    """Names in code in the table of figures of docs/figures.md, ranges written out."""
    text = (ROOT / "docs/figures.md").read_text(encoding="utf-8")
    names = re.findall(r"`([a-z][a-z0-9_]+)`", text)
    for name, first, last in re.findall(r"`(\w+_)(\d)` … `\w+_(\d)`", text):
        names += [f"{name}{number}" for number in range(int(first), int(last) + 1)]
    return set(names)


def test_every_figure_and_table_has_its_target_in_the_documentation(planned):
    made = {name for name in targets(planned) if re.match(r"(aerial|ssig|siamese)_", name)}
    assert sorted(made - told_in_the_figure_table()) == []


@pytest.mark.parametrize("page", ["README.md", "docs/figures.md", "docs/running.md"])
def test_every_target_that_the_documentation_asks_for_exists(planned, page):
    text = (ROOT / page).read_text(encoding="utf-8")
    asked = re.findall(r"snakemake --cores \w+ ([a-z]\w+)", text)
    assert asked or page == "README.md"
    assert sorted(set(asked) - targets(planned)) == []


@pytest.mark.parametrize(
    "page", sorted(["README.md", *(f"docs/{one.name}" for one in (ROOT / "docs").glob("*.md"))])
)
def test_links_of_the_documentation_lead_somewhere(page):
    path = ROOT / page
    for address in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if not address.startswith(("http", "#")):
            assert (path.parent / address.split("#")[0]).exists(), address
