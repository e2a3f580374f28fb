"""Everything together, in one file that needs no network."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from importlib import resources
from pathlib import Path

import pandas as pd
import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from incomelens.common.files import whole_file
from incomelens.paper.deviations import Deviation
from incomelens.paper.forms import Cells
from incomelens.paper.forms import html as html_table
from incomelens.paper.names import LEVELS
from incomelens.report.abstract import missing_parts, parts_run
from incomelens.report.exhibits import Shown

TEMPLATES = "templates"
PAPERS = {
    "aerial": "Levy Abitbol & Karsai (2020), aerial study",
    "district": "Bai, Lam & Li (2023), district study",
}
# What a page opens with: the first three questions of which a study has a picture, the first one of
# the targets named. Maps of single places stand behind, since the interactive map shows them.
OPENING = {
    "Does an aerial image tell the income of a place?": ("aerial_figure_2",),
    "What does the network look at, in poor places and in wealthy ones?": ("aerial_figure_5",),
    "What predicts the income of a district?": tuple(f"ssig_figure_{n}" for n in range(2, 6)),
    "How well is it predicted where there are no neighbours?": ("ssig_figure_validation",),
    "Where is the prediction wrong?": ("aerial_figure_3",),
    "What is known of the districts?": ("ssig_figure_1",),
    "Do the maps find the classes that tell income?": ("aerial_figure_planted",),
    "Do the maps depend on what the network has learned?": ("aerial_figure_sanity",),
}
N_OPENING = 3
# Told in a section of their own, from the file they are laid out from.
OWN_SECTION = ("aerial_deviations", "ssig_deviations")
# Packages whose versions are named first.
NAMED = (
    "snakemake", "numpy", "pandas", "geopandas", "scipy", "scikit-learn", "torch", "timm",
    "captum", "gpytorch", "statsmodels", "rasterio", "xarray", "zarr", "shap", "matplotlib",
)  # fmt: skip


def report_page(
    exhibits: Sequence[Shown],
    *,
    unasked: Sequence[Mapping[str, str]],
    maps: Sequence[Mapping],
    left_out: pd.DataFrame,
    deviations: Sequence[Deviation],
    provenance: Mapping,
    folder: Path,
) -> str:
    """Write the page of a study.

    Parameters
    ----------
    exhibits : sequence of Shown
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

    Returns
    -------
    str
        HTML with styles, script, pictures and data inside.
    """
    config, packages = provenance["configuration"], provenance["software"]["packages"]
    with_districts = _has_layer(maps, "variable/")
    environment = templates()
    environment.filters |= {
        "link": lambda path: path.relative_to(folder).as_posix(),
        "mib": _memory,
        "duration": duration,
        "moment": _moment,
    }
    return environment.get_template("page.html").render(
        study=config["study"],
        synthetic=is_synthetic(provenance["sources"]),
        **_in_order(exhibits),
        parts=parts_run(config, maps),
        missing=missing_parts(
            config,
            unasked,
            with_districts=with_districts,
            with_shapley=_has_layer(maps, "shapley/"),
        ),
        with_districts=with_districts,
        maps=maps,
        map_data=Markup(json_for_page(maps)),  # noqa: S704 - escaped by json_for_page
        left_out=_left_out(left_out, config),
        deviations=_by_paper(deviations, config),
        provenance=provenance,
        costs=_costs(provenance["costs"]["stages"]),
        sources=_sources(provenance["sources"]),
        named=[(name, packages[name]) for name in NAMED if name in packages],
        configuration=yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=88),
        style=Markup(inside("style.css")),  # noqa: S704 - our own file
        script=Markup(inside("map.js")),  # noqa: S704 - our own file
    )


def write_page(html: str, path: str | Path) -> None:
    """Write the page, whole or not at all."""
    with whole_file(path) as beside:
        beside.write_text(html, encoding="utf-8")


def _in_order(exhibits: Sequence[Shown]) -> dict[str, object]:
    """Exhibits by the sections that show them: pictures, ledgers, the papers' values, the rest."""
    own_section = [exhibit for exhibit in exhibits if exhibit.target in OWN_SECTION]
    first = {exhibit.target: exhibit for exhibit in reversed(exhibits) if exhibit.kind == "figure"}
    opening = [
        (question, next(first[name] for name in targets if name in first))
        for question, targets in OPENING.items()
        if any(name in first for name in targets)
    ][:N_OPENING]
    ledgers = [exhibit for exhibit in exhibits if exhibit.tallies]
    placed = [*own_section, *ledgers, *(exhibit for _, exhibit in opening)]
    rest = [exhibit for exhibit in exhibits if exhibit not in placed]
    further = [exhibit for exhibit in rest if not exhibit.beside_paper]
    by_study = {
        study: [
            [exhibit for exhibit in further if (exhibit.study, exhibit.kind) == (study, kind)]
            for kind in ("figure", "table")
        ]
        for study in dict.fromkeys(exhibit.study for exhibit in further)
    }
    return {
        "conclusions": [exhibit for exhibit in exhibits if exhibit.conclusion],
        "opening": opening,
        "ledgers": ledgers,
        "beside": [exhibit for exhibit in rest if exhibit.beside_paper],
        "studies": by_study,
        "deviation_files": own_section,
    }


def _has_layer(maps: Sequence[Mapping], kind: str) -> bool:
    return any(layer["key"].startswith(kind) for place in maps for layer in place["layers"])


def _table(rows: Sequence[Mapping[str, str]], caption: str, right: Collection[str]) -> Markup:
    """Rows as HTML, columns named in `right` to the right; nothing where there is none."""
    if not rows:
        return Markup()
    text = pd.DataFrame(rows)
    cells = Cells(text, right=[name in right for name in text])
    return Markup(html_table(cells, caption=caption, notes=()))  # noqa: S704 - cells are escaped


def _left_out(left_out: pd.DataFrame, config: Mapping) -> Markup:
    names = {city: config["city"][city]["name"] for city in config["cities"]} | LEVELS
    rows = [
        {
            "Of": names.get(row.of, row.of),
            "What": row.what,
            "Why": row.reason.replace("_", " "),
            "Treated": row.treated.replace("_", " "),
            "How many": f"{row.n:,} of {row.total:,}",
            "%": f"{100 * row.n / row.total:.1f}",
            "Such as": "" if pd.isna(row.example) else str(row.example),
        }
        for row in left_out.itertuples(index=False)
    ]
    return _table(rows, "What was left out.", ("How many", "%"))


def _costs(stages: Sequence[Mapping]) -> Markup:
    rows = [
        {
            "Stage": stage["stage"],
            "Jobs": str(stage["n_jobs"]),
            "Processor time": duration(stage["processor_s"]),
            "Time of all jobs": duration(stage["wall_s"]),
            "Longest job": duration(stage["longest_s"]),
            "Peak memory, MiB": _memory(stage["peak_memory_mib"]),
        }
        for stage in stages
    ]
    return _table(rows, "Time and memory by stage.", [*rows[0]][1:] if rows else ())


def _sources(sources: Sequence[Mapping]) -> Markup:
    rows = [
        {
            "Source": source["source"],
            "File": source["file"],
            "Provider": source["provider"],
            "Of": source["time_frame"],
            "Licence": source["licence"],
            "From": f"{source['origin']}, {source['checksum']}",
            "MB": f"{source['bytes'] / 1e6:.2f}",
            "SHA-256": f"{source['sha256'][:16]}…",
        }
        for source in sources
    ]
    return _table(rows, "Sources.", ("MB",))


def is_synthetic(sources: Sequence[Mapping]) -> bool:
    """Whether any raw file of the study was made up by the workflow itself."""
    return any(source["checksum"] == "synthetic" for source in sources)


def _by_paper(
    deviations: Sequence[Deviation], config: Mapping
) -> list[tuple[str, list[tuple[Deviation, str]]]]:
    """Deviations of each paper, each with what its switch says in this study."""
    return [
        (title, [(d, _setting(d.switch, config)) for d in deviations if d.paper == paper])
        for paper, title in PAPERS.items()
    ]


def _setting(switch: str | None, config: Mapping) -> str:
    """Value of a setting, dots between levels; empty where the study has no such key."""
    value: object = config
    for key in switch.split(".") if switch else ():
        value = value.get(key) if isinstance(value, Mapping) else None
    if switch is None or value is None:
        return ""
    return (
        yaml.safe_dump(value, default_flow_style=True, width=10_000).removesuffix("...\n").strip()
    )


def json_for_page(data: object) -> str:
    """JSON that may stand inside a script element: nothing in it can end the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")


def templates() -> Environment:
    """Templates of all pages; what one asks for and was not given is an error."""
    return Environment(
        loader=PackageLoader("incomelens.report", TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def inside(name: str) -> str:
    """Text of a file that pages hold: styles, script."""
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
