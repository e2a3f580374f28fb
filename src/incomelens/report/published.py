"""The study's tables and figures with their captions, as the workflow's graph declares them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import docutils.core
from jinja2 import Environment, StrictUndefined, TemplateError

from incomelens.common.errors import InputError, listed

FIGURES, TABLES = "Figures", "Tables"
# Longest text that stands for a figure where it cannot be seen; the caption below tells the rest.
LONGEST_ALT = 300


@dataclass(frozen=True)
class Published:
    """One table or figure.

    Parameters
    ----------
    rule : str
        That makes it, also the name of its target.
    study, kind, label : str
        Under which the page lists it: the study, Figures or Tables, its name.
    caption : str
        HTML.
    plain : str
        The caption without its markup.
    file : Path
        PNG of a figure, CSV of a table.
    files : tuple of Path
        Everything that the rule writes.
    """

    rule: str
    study: str
    kind: str
    label: str
    caption: str
    plain: str
    file: Path
    files: tuple[Path, ...] = field(default=())

    @property
    def key(self) -> str:
        """Name of its place on the page."""
        return re.sub(r"[^a-z0-9]+", "-", f"{self.file.parent.name}-{self.file.stem}".lower())

    @property
    def anchor(self) -> str:
        """Address of its place on the page, other for a figure and a table of one name."""
        return f"{self.key}-{self.kind[:3].lower()}"

    @property
    def alt(self) -> str:
        """What a figure shows, in a few words: the label and the caption's first sentences."""
        return f"{self.label}. {_first_sentences(self.plain, LONGEST_ALT)}"

    def with_ending(self, ending: str) -> Path | None:
        """Its file of another form, such as ``.md`` or ``.pdf``, where there is one."""
        same_stem = (one for one in self.files if one.stem == self.file.stem)
        return next((one for one in same_stem if one.suffix == ending), None)


def published(told: Mapping) -> Published:
    """Read what the graph tells of one table or figure, and render its caption.

    Parameters
    ----------
    told : mapping
        ``rule``, ``file``, ``files``, ``study``, ``kind``, ``label``, ``caption`` (reStructuredText
        with Jinja's places, as Snakemake's own report has it), and the ``params`` and
        ``wildcards`` that the caption names.
    """
    text = render_caption(told["caption"], told["params"], told["wildcards"], rule=told["rule"])
    html = caption_html(text)
    return Published(
        rule=told["rule"],
        study=told["study"],
        kind=told["kind"],
        label=told["label"],
        caption=html,
        plain=plain_text(html),
        file=Path(told["file"]),
        files=tuple(map(Path, told["files"])),
    )


def render_caption(text: str, params: Mapping, wildcards: Mapping, *, rule: str) -> str:
    """Fill the places of a caption.

    Raises
    ------
    InputError
        If the caption names a parameter or wildcard that its rule does not have.
    """
    # Not HTML: the caption's markup is reStructuredText, and docutils escapes what it renders.
    environment = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701
    names = SimpleNamespace(
        params=SimpleNamespace(**params), wildcards=SimpleNamespace(**wildcards)
    )
    try:
        return environment.from_string(text).render(snakemake=names)
    except TemplateError as error:
        known = [f"snakemake.params.{name}" for name in params]
        known += [f"snakemake.wildcards.{name}" for name in wildcards]
        raise InputError(
            f"caption of {rule}: {error}; of its rule the caption can use "
            f"{listed(known, most=20) or 'nothing'}: mend workflow/report/, or the rule's params"
        ) from None


def caption_html(text: str) -> str:
    """Turn reStructuredText into HTML, without a heading or frame of its own."""
    parts = docutils.core.publish_parts(
        text,
        writer="html5",
        settings_overrides={
            "report_level": 5,
            "raw_enabled": False,
            "file_insertion_enabled": False,
            "initial_header_level": 4,
        },
    )
    return parts["fragment"].strip()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def plain_text(html: str) -> str:
    """Text of a piece of HTML in one line."""
    reader = _Text()
    reader.feed(html)
    return " ".join("".join(reader.parts).split())


def _first_sentences(text: str, most: int) -> str:
    """As many whole sentences as fit, at least one; a first sentence that is longer is cut."""
    sentences = re.split(r"(?<=[.:;])\s+(?=[A-Z(0-9])", text)
    found = ""
    for sentence in sentences:
        longer = f"{found} {sentence}".strip()
        if len(longer) > most:
            break
        found = longer
    return found or text[: most - 1].rsplit(" ", 1)[0] + "…"
