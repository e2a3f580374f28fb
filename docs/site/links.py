"""Whether every link of built pages leads somewhere, and nothing is loaded from a network."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser fetches by itself, by tag and attribute; a link of <a> waits for a reader.
LOADED = {
    ("img", "src"),
    ("link", "href"),
    ("script", "src"),
    ("source", "src"),
    ("iframe", "src"),
}


class Page(HTMLParser):
    """The addresses and anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.addresses: list[tuple[str, str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what the tag names and where it points."""
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            if value and ((tag, name) in LOADED or (tag, name) == ("a", "href")):
                self.addresses.append((tag, name, value))


def broken(site: Path) -> list[str]:
    """Say of every page below `site` which of its addresses lead nowhere or load from elsewhere."""
    pages = {
        path.resolve(): Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")
    }
    return sorted(
        f"{path.relative_to(site.resolve())}: {problem}"
        for path, page in pages.items()
        for problem in _problems(path, page, pages)
    )


def _problems(path: Path, page: Page, pages: dict[Path, Page]) -> Iterator[str]:
    for tag, name, address in page.addresses:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            if (tag, name) in LOADED and parts.scheme != "data":
                yield f"{tag} loads {address}"
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if target.is_dir():
            target /= "index.html"
        if not target.exists():
            yield f"{address} is not there"
        elif parts.fragment and target in pages:
            anchor = unquote(parts.fragment)
            if anchor not in pages[target].anchors:
                yield f"{address} has no such anchor"
