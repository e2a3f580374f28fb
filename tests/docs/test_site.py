"""The documentation is laid out from the repository's own pages, and its links are looked at."""

import importlib.util
import json
import re
from pathlib import Path

import pytest

SITE = Path(__file__).parents[2] / "docs/site"


def load(name: str):
    """A module beside the site's configuration, which is no package."""
    spec = importlib.util.spec_from_file_location(name, SITE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pages, links = load("pages"), load("links")


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "source"
    pages.lay_out(folder)
    return folder


def test_every_page_of_the_documentation_has_a_place(laid_out):
    listed = [page for chapter in pages.CHAPTERS.values() for page in chapter]
    assert not [page for page in listed if not (laid_out / page).is_file()]
    written = {f"docs/{path.name}" for path in (pages.ROOT / "docs").glob("*.md")}
    assert written <= set(listed)


def test_what_a_page_links_to_lies_where_the_link_says(laid_out):
    assert (laid_out / "config/config.yaml").is_file()
    assert (laid_out / "docs/picture.png").is_file()
    text = (laid_out / "docs/data.md").read_text()
    assert "](../config/land_use/files.md)" in text
    assert (
        "urban_atlas_19.yaml](urban_atlas_19.yaml)"
        in (laid_out / "config/land_use/files.md").read_text()
    )


def anchors(text: str) -> set[str]:
    """Anchors of a page's headings, as repositories and the site make them."""
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_of_a_page_leads_to_a_file_and_a_heading_that_are_there():
    listed = ["README.md", *(page for chapter in pages.CHAPTERS.values() for page in chapter)]
    for page in (pages.ROOT / name for name in listed if (pages.ROOT / name).is_file()):
        for link in pages.LINK.finditer(page.read_text(encoding="utf-8")):
            target = page.parent / link["to"]
            assert target.exists(), f"{page.name}: {link[0]}"
            if link["anchor"]:
                known = anchors(target.read_text(encoding="utf-8"))
                assert link["anchor"][1:] in known, f"{page.name}: {link[0]}"


def test_the_first_page_leads_to_all_others(laid_out):
    text = (laid_out / "index.md").read_text()
    assert text.startswith("# IncomeLens")
    assert "](../index.md#start)" in (laid_out / "docs/checklist.md").read_text()
    for page in ("docs/running", "config/README", "docs/reforms", "CONTRIBUTING", "modules"):
        assert f"\n{page}\n" in text


def test_modules_come_in_the_order_in_which_work_flows(laid_out):
    text = (laid_out / "modules.md").read_text()
    places = [text.index(f"`{name} <") for name in ("demo", "sources", "cells", "report", "common")]
    assert places == sorted(places)


def test_exhibits_of_a_study_make_the_gallery(tmp_path):
    paper = tmp_path / "small/paper/ssig"
    paper.mkdir(parents=True)
    told = {"study": "District study", "labels": {"figure": "Fig. 1"}, "target": "ssig_figure_1"}
    told |= {"caption": "**Fig. 1.** Inputs.", "files": {"png": "fig1.png", "csv": "fig1.csv"}}
    (paper / "fig1.json").write_text(json.dumps(told))
    (paper / "other.json").write_text("[]")
    for name in ("fig1.png", "fig1.csv"):
        (paper / name).write_bytes(b"")
    pages.lay_out(tmp_path / "source", study=tmp_path / "small")
    text = (tmp_path / "source/gallery.md").read_text()
    assert "## District study: Fig. 1 (`ssig_figure_1`)" in text
    assert "![Fig. 1](gallery/ssig/fig1.png)" in text
    assert "[Its numbers](gallery/ssig/fig1.csv)" in text
    assert (tmp_path / "source/gallery/ssig/fig1.png").is_file()


def test_links_that_lead_nowhere_and_what_loads_from_elsewhere_are_told(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b/index.html").write_text('<h2 id="here">b</h2>')
    (tmp_path / "a.html").write_text(
        '<a href="b/#here">1</a> <a href="b/index.html#gone">2</a> <a href="c.html">3</a>'
        '<a href="https://example.org">4</a> <img src="https://example.org/x.png">'
        '<img src="data:image/png;base64,"> <a href="#top" id="top">5</a>'
    )
    assert links.broken(tmp_path) == [
        "a.html: b/index.html#gone has no such anchor",
        "a.html: c.html is not there",
        "a.html: img loads https://example.org/x.png",
    ]
