"""Lay the repository's own pages out for Sphinx, in the repository's own folders.

Nothing is written twice: the README is the first page, and what a page links to and is no page
itself, such as a configuration, is laid beside it. So every link works as in the repository.
"""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What the site holds besides the README and the modules, under which heading.
CHAPTERS = {
    "Using it": ["docs/running.md", "docs/data.md", "config/README.md", "docs/figures.md"],
    "What it computes": ["docs/methods.md", "docs/shapley.md", "docs/tables.md", "gallery.md"],
    "Parts of it as libraries": [
        "docs/library_shapley.md",
        "docs/library_guided.md",
        "docs/library_folds.md",
    ],
    "How it can be judged": ["docs/reforms.md", "docs/checklist.md", "CHANGELOG.md"],
    "Changing it": ["CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "SECURITY.md", "modules.md"],
}
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]+)\]\((?P<to>[^)#\s:]+)(?P<anchor>#[^)]*)?\)")
SHOWN = ("png", "html", "csv")  # of the files of an exhibit
PICTURE = re.compile(r"!\[[^\]]*\]\((?P<to>[^)\s:]+)\)")


def lay_out(into: Path, *, study: Path | None = None) -> None:
    """Write all pages, and what they link to, below a new folder.

    Parameters
    ----------
    into : path
        Emptied before.
    study : path, optional
        Results of a study whose tables and figures make the gallery.
    """
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    listed = [page for pages in CHAPTERS.values() for page in pages]
    pages = [page for page in ["README.md", *listed] if (ROOT / page).is_file()]
    for page in pages:
        _lay_page(into, page)
    (into / "modules.md").write_text(_modules(), encoding="utf-8")
    (into / "gallery.md").write_text(_gallery(into, study), encoding="utf-8")
    index = (into / "README.md").rename(into / "index.md")
    index.write_text(index.read_text(encoding="utf-8") + _contents(into), encoding="utf-8")


def _lay_page(into: Path, page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    folder = (ROOT / page).parent
    for match in [*LINK.finditer(text), *PICTURE.finditer(text)]:
        _lay_target(into, (folder / match["to"]).resolve())
    text = LINK.sub(lambda match: match[0].replace(match["to"], _moved(folder, match["to"])), text)
    # The graph of the stages needs a script from elsewhere to be drawn; as text it can be read.
    text = text.replace("```mermaid", "```text")
    target = into / page
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def _moved(folder: Path, to: str) -> str:
    """Where a link leads on the site: the README is its first page, a folder a list of files."""
    if to.endswith("/"):
        return to + "files.md"
    first = (folder / to).resolve() == ROOT / "README.md"
    return to.removesuffix("README.md") + "index.md" if first else to


def _lay_target(into: Path, target: Path) -> None:
    if not target.exists():
        return  # Sphinx names the page and the link
    place = into / target.relative_to(ROOT)
    place.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir():
        place.mkdir(exist_ok=True)
        files = sorted(file.name for file in target.iterdir() if file.is_file())
        for file in files:
            shutil.copy(target / file, place / file)
        lines = [f"* [{file}]({file})" for file in files]
        title = f"# Files of {target.relative_to(ROOT)}"
        text = "---\norphan: true\n---\n\n" + "\n".join([title, "", *lines]) + "\n"
        (place / "files.md").write_text(text, encoding="utf-8")
    elif target.suffix != ".md":
        shutil.copy(target, place)


def _contents(into: Path) -> str:
    parts = []
    for chapter, pages in CHAPTERS.items():
        names = [page.removesuffix(".md") for page in pages if (into / page).is_file()]
        lines = ["", "```{toctree}", ":hidden:", f":caption: {chapter}", "", *names, "```", ""]
        parts.append("\n".join(lines))
    return "\n".join(parts)


def _modules() -> str:
    """The stages in the order in which work flows, as docs/methods.md lists them."""
    methods = (ROOT / "docs/methods.md").read_text(encoding="utf-8")
    stages = re.findall(r"^\| `(\w+)` \|", methods.split("## What the scores")[0], re.MULTILINE)
    package = ROOT / "src/incomelens"
    others = sorted(
        path.parent.name for path in package.glob("*/__init__.py") if path.parent.name not in stages
    )
    lines = [f"* {{doc}}`{name} <api/incomelens/{name}/index>`" for name in [*stages, *others]]
    about = (
        "All of it can be used without Snakemake: the stages in the order in which work flows, "
        "then what they share."
    )
    return "\n".join(["# Modules", "", about, "", *lines, ""])


def _gallery(into: Path, study: Path | None) -> str:
    if study is None or not (study / "paper").is_dir():
        return (
            "# Gallery\n\nThe tables and figures of a study, once there is one: "
            "`make demo`, then `make docs STUDY=demo`.\n"
        )
    shown = list(_exhibits(study, into))
    return "\n\n".join([f"# Gallery\n\nTables and figures of the study `{study.name}`.", *shown])


def _exhibits(study: Path, into: Path) -> Iterator[str]:
    """Each exhibit of a study as it tells of itself in its JSON, figures before tables."""
    exhibits = []
    for path in sorted((study / "paper").rglob("*.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(told, dict) and {"labels", "caption", "files"} <= set(told):
            exhibits.append((told["study"], "png" not in told["files"], path, told))
    for _, _, path, told in sorted(exhibits, key=lambda exhibit: exhibit[:3]):
        folder = Path("gallery") / path.parent.relative_to(study / "paper")
        (into / folder).mkdir(parents=True, exist_ok=True)
        names = {form: told["files"][form] for form in SHOWN if form in told["files"]}
        for name in names.values():
            shutil.copy(path.parent / name, into / folder / name)
        files = {form: (folder / name).as_posix() for form, name in names.items()}
        yield _exhibit(told, files, into)


def _exhibit(told: dict, files: dict[str, str], into: Path) -> str:
    label = next(iter(told["labels"].values()))
    parts = [f"## {told['study']}: {label} (`{told['target']}`)"]
    if "png" in files:
        parts.append(f"![{label}]({files['png']})")
    elif "html" in files:
        table = (into / files["html"]).read_text(encoding="utf-8")
        parts.append(f'```{{raw}} html\n<div class="exhibit">\n{table}\n</div>\n```')
    parts.append(told["caption"])
    if "csv" in files:
        parts.append(f"[Its numbers]({files['csv']})")
    return "\n\n".join(parts)
