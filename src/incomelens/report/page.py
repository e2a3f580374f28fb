"""Everything together, in one file that needs no network."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path

import pandas as pd
import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from incomelens.common.files import whole_file
from incomelens.paper.deviations import Deviation
from incomelens.paper.names import LEVELS
from incomelens.report.abstract import missing_parts, parts_run
from incomelens.report.layout import PageTable, page_table
from incomelens.report.pictures import Picture, embedded_picture
from incomelens.report.published import FIGURES, TABLES, Published
from incomelens.report.table_text import read_published_markdown
from incomelens.report.tallies import tallies

TEMPLATES = "templates"
PAPERS = {
    "aerial": "Levy Abitbol & Karsai (2020), aerial study",
    "district": "Bai, Lam & Li (2023), district study",
}
# Told in a section of their own, from the file they are laid out from.
OWN_SECTION = ("aerial_deviations", "ssig_deviations")
# Packages whose versions are named first.
NAMED = (
    "snakemake", "numpy", "pandas", "geopandas", "scipy", "scikit-learn", "torch", "timm",
    "captum", "gpytorch", "statsmodels", "rasterio", "xarray", "zarr", "shap", "matplotlib",
)  # fmt: skip


@dataclass(frozen=True)
class Item:
    """A table or figure on the page: what is published, and its picture or table."""

    published: Published
    picture: Picture | None = None
    table: PageTable | None = None


def report_page(
    published: Sequence[Published],
    *,
    unasked: Sequence[Mapping[str, str]],
    maps: Sequence[Mapping],
    left_out: pd.DataFrame,
    deviations: Sequence[Deviation],
    provenance: Mapping,
    folder: Path,
    threads: int = 1,
) -> str:
    """Write the page of a study.

    Parameters
    ----------
    published : sequence of Published
        Its tables and figures, in the order in which they are shown.
    unasked : sequence of mappings
        Tables and figures of the workflow (``study``, ``label``) that the study does not ask for.
    maps : sequence of mappings
        Of cities and levels, for the interactive map.
    left_out : DataFrame
        Of :func:`incomelens.common.left_out.collect_left_out`.
    deviations : sequence of Deviation
    provenance : mapping
        From :func:`incomelens.report.provenance.provenance`.
    folder : Path
        Where the page will lie: links to files are relative to it.
    threads : int
        Pictures that are packed at a time.

    Returns
    -------
    str
        HTML with styles, script, pictures and data inside.
    """
    config = provenance["configuration"]
    shown = [one for one in published if one.rule not in OWN_SECTION]
    with ThreadPoolExecutor(threads) as pool:
        items = list(pool.map(_item, shown))
    ledgers = [item for item in items if item.table and item.table.is_ledger]
    beside = [item for item in items if item.table and item.table.beside_paper]
    rest = [item for item in items if item not in ledgers and item not in beside]
    environment = Environment(
        loader=PackageLoader("incomelens.report", TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["link"] = lambda path: Path(path).relative_to(folder).as_posix()
    environment.filters["mib"] = _memory
    environment.filters["duration"] = duration
    environment.filters["moment"] = _moment
    return environment.get_template("page.html").render(
        study=config["study"],
        synthetic=is_synthetic(provenance["sources"]),
        parts=parts_run(config, maps),
        missing=missing_parts(
            config,
            unasked,
            with_districts=_has_layer(maps, "variable/"),
            with_shapley=_has_layer(maps, "shapley/"),
        ),
        ledgers=[(item, tallies(item.table)) for item in ledgers],
        beside=beside,
        studies=_by_study(rest),
        maps=maps,
        map_data=Markup(json_for_page(maps)),  # noqa: S704 - escaped by json_for_page
        left_out=left_out_rows(left_out, config),
        deviations=_by_paper(deviations, config),
        deviation_files=[one for one in published if one.rule in OWN_SECTION],
        provenance=provenance,
        named=_named_packages(provenance["software"]["packages"]),
        configuration=yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=88),
        style=Markup(_inside("style.css")),  # noqa: S704 - our own file
        script=Markup(_inside("map.js")),  # noqa: S704 - our own file
    )


def write_page(html: str, path: str | Path) -> None:
    """Write the page, whole or not at all."""
    with whole_file(path) as beside:
        beside.write_text(html, encoding="utf-8")


def _item(published: Published) -> Item:
    if published.kind == FIGURES:
        return Item(published, picture=embedded_picture(published.file))
    markdown = published.with_ending(".md")
    table = page_table(read_published_markdown(markdown)) if markdown else None
    return Item(published, table=table)


def _by_study(items: Sequence[Item]) -> list[tuple[str, list[Item], list[Item]]]:
    """Figures and tables of each study, studies in the order in which they first stand."""
    return [
        (
            study,
            *(
                [one for one in items if (one.published.study, one.published.kind) == (study, kind)]
                for kind in (FIGURES, TABLES)
            ),
        )
        for study in dict.fromkeys(one.published.study for one in items)
    ]


def _has_layer(maps: Sequence[Mapping], kind: str) -> bool:
    return any(layer["key"].startswith(kind) for one in maps for layer in one["layers"])


def left_out_rows(left_out: pd.DataFrame, config: Mapping) -> list[dict[str, str]]:
    """Tell what was left out in words, one mapping a row of the page's table."""
    names = {city: config["city"][city]["name"] for city in config["cities"]} | LEVELS
    return [
        {
            "of": names.get(row.of, row.of),
            "what": row.what,
            "reason": row.reason.replace("_", " "),
            "treated": row.treated.replace("_", " "),
            "number": f"{row.n:,} of {row.total:,}",
            "share": f"{100 * row.n / row.total:.1f}",
            "example": "" if pd.isna(row.example) else str(row.example),
        }
        for row in left_out.itertuples(index=False)
    ]


def is_synthetic(sources: Sequence[Mapping]) -> bool:
    """Whether any raw file of the study was made up by the workflow itself."""
    return any(source["checksum"] == "synthetic" for source in sources)


def _by_paper(
    deviations: Sequence[Deviation], config: Mapping
) -> list[tuple[str, list[tuple[Deviation, str]]]]:
    """Deviations of each paper, each with what its switch says in this study."""
    return [
        (title, [(one, _setting(one.switch, config)) for one in deviations if one.paper == paper])
        for paper, title in PAPERS.items()
    ]


def _setting(switch: str | None, config: Mapping) -> str:
    """Value of a setting, dots between levels; empty where the study has no such key."""
    found: object = config
    for key in switch.split(".") if switch else ():
        found = found.get(key) if isinstance(found, Mapping) else None
    if switch is None or found is None:
        return ""
    return (
        yaml.safe_dump(found, default_flow_style=True, width=10_000).removesuffix("...\n").strip()
    )


def _named_packages(packages: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, packages[name]) for name in NAMED if name in packages]


def json_for_page(data: object) -> str:
    """JSON that may stand inside a script element: nothing in it can end the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")


def _inside(name: str) -> str:
    return resources.files("incomelens.report").joinpath(TEMPLATES, name).read_text("utf-8")


def duration(seconds: float) -> str:
    """Tell a duration.

    Examples
    --------
    >>> duration(4.26), duration(75), duration(7260)
    ('4.3 s', '1 min 15 s', '2 h 01 min')
    """
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def _moment(written: str) -> str:
    return f"{datetime.fromisoformat(written):%-d %B %Y, %H:%M} UTC"


def _memory(mib: float | None) -> str:
    return "–" if mib is None else f"{mib:,.0f}"
