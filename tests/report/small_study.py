"""A small study in the shapes that earlier stages write, and its page."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import yaml
from PIL import Image
from shapely.geometry import box
from snakemake.utils import update_config

from incomelens.common.left_out import Finding, left_out_table
from incomelens.paper.deviations import read_deviations
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import VARIABLES
from incomelens.paper.table import Table, Verdict
from incomelens.report.exhibits import read_exhibits
from incomelens.report.map.cities import city_map
from incomelens.report.map.districts import district_map
from incomelens.report.page import report_page
from incomelens.report.provenance import provenance

ROOT = Path(__file__).parents[2]
INCOME = "median_household_income"
YES, NO = Verdict("supported", "yes"), Verdict("contradicted", "no")
FORMS = {"figure": ("csv", "json", "pdf", "png"), "table": ("csv", "json", "md", "tex", "html")}

AUBE = {"name": "Aube", "income": {"reader": "filosofi"}}


def cells(n_east=4, n_north=3):
    """Cells of 200 m, west to east and south to north; the last one was dropped."""
    corners = [(200 * i, 200 * j) for j in range(n_north) for i in range(n_east)]
    return gpd.GeoDataFrame(
        {
            "cell_id": [f"N{north}E{east}" for east, north in corners],
            "income": np.linspace(10_000, 32_000, len(corners)),
            "drop_reason": [None] * (len(corners) - 1) + ["void"],
        },
        geometry=[box(e + 4e6, n + 2.5e6, e + 4e6 + 200, n + 2.5e6 + 200) for e, n in corners],
        crs=3035,
    )


def predictions(of_cells):
    kept = of_cells[of_cells["drop_reason"].isna()]
    observed = np.arange(len(kept)) % 5 + 1
    return pd.DataFrame(
        {
            "cell_id": kept["cell_id"].to_numpy(),
            "fold": 0,
            "observed": observed,
            "predicted": np.clip(observed + 1, 1, 5),
        }
    )


def sets(of_cells):
    """Conformal sets of the main network, from the class below the observed one to it."""
    told = predictions(of_cells)[["cell_id", "observed"]]
    own = told.assign(model="main", method="split", high_class=told["observed"])
    own = own.assign(low_class=np.maximum(told["observed"] - 1, 1))
    everything = own.assign(method="label_conditional", low_class=1, high_class=5)
    return pd.concat([own, own.assign(model="softmax", low_class=1), everything])


def ratios(of_cells):
    """Dense fabric: a quarter of each tile, half of its activation; the first map is empty."""
    kept = of_cells.loc[of_cells["drop_reason"].isna(), "cell_id"]
    rows = [
        {"cell_id": cell_id, "method": "guided", "target": target, "urban_class": name}
        | {"area_share": share, "activation_ratio": 0.5 / share if place else np.nan}
        for place, cell_id in enumerate(kept)
        for target in ("low", "high")
        for name, share in {"dense": 0.25, "roads": 0.75}.items()
    ]
    return pd.DataFrame(rows)


def districts(n=6):
    """A row of squares near Paris, from the west; the last has no income."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.random((n, len(VARIABLES))), columns=list(VARIABLES))
    income = np.linspace(30_000, 90_000, n)
    income[-1] = np.nan
    shapes = [box(2.3 + 0.01 * i, 48.85, 2.31 + 0.01 * i, 48.86) for i in range(n)]
    area = np.where(np.arange(n) < 4, "one", "two")
    table = table.assign(geoid=[f"{i:03d}" for i in range(n)], area=area, **{INCOME: income})
    return gpd.GeoDataFrame(table, geometry=shapes, crs=4326)


def gps(of_districts):
    known = of_districts[of_districts[INCOME].notna()]
    return pd.DataFrame(
        {
            "geoid": known["geoid"].to_numpy(),
            "model": "ssig",
            "mode": "optimised",
            "variant": "main",
            "predicted_usd": known[INCOME].to_numpy() + 5_000,
        }
    )


def applicability(of_districts):
    """Nothing learnt from is like district 001."""
    known = of_districts.loc[of_districts[INCOME].notna(), "geoid"]
    like = {"dissimilarity": np.where(known == "001", 0.83, 0.2), "threshold": 0.42}
    return pd.DataFrame({"geoid": known, **like, "applicable": known != "001"})


def failing():
    """Intervals of area two hold 58 of 100 incomes."""
    task = {"level": "tract", "income": INCOME, "scheme": "random"}
    return pd.DataFrame([task | {"group": "two", "coverage": 0.58}])


def shapley(of_districts):
    known = of_districts[of_districts[INCOME].notna()]
    values = {name: np.linspace(-1, 1, len(known)) for name in VARIABLES}
    table = pd.DataFrame({"geoid": known["geoid"].to_numpy(), "prediction": 0.0, **values})
    return table.assign(base_value=0.0, location=9.0)


def maps(*, with_shapley=True, with_city=True, with_activation=True):
    of_cells, of_districts = cells(), districts()
    found = []
    if with_city:
        activation = ratios(of_cells) if with_activation else None
        predicted, own = {"random": predictions(of_cells)}, {"random": sets(of_cells)}
        found = [city_map("aube", "Aube", of_cells, predicted, activation, sets=own)]
    values = {(INCOME, "optimised"): shapley(of_districts)} if with_shapley else {}
    predicted = {(INCOME, "random"): gps(of_districts)}
    marked = {
        "applicability": {(INCOME, "random"): applicability(of_districts)},
        "failing": failing(),
    }
    return [
        *found,
        district_map("tract", of_districts, predicted, values, mode="optimised", **marked),
    ]


def config(**changed):
    settings = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    tiny = yaml.safe_load((ROOT / "config/tiny.yaml").read_text())
    update_config(settings, tiny)
    cities = {"study": "small", "cities": ["aube"], "city": {"aube": AUBE}}
    return settings | cities | changed


@dataclass(frozen=True)
class Blue:
    """A figure of one colour."""

    def write(self, path):
        Image.new("RGB", (60, 40), "#0072B2").save(path)


def exhibit(folder, name, *, kind="figure", study="Aerial study", target=None, **more):
    """A table or figure as the stage paper writes it; gives the path of what it tells."""
    folder.mkdir(parents=True, exist_ok=True)
    table = more.pop("table", a_table())
    one = Exhibit(table.numbers, Blue()) if kind == "figure" else Exhibit(table)
    caption = more.pop("caption", f"**{name}.** What {name} shows. Second sentence.")
    one.write(
        {form: folder / f"{name}.{form}" for form in FORMS[kind]},
        told={
            "target": target or name,
            "study": study,
            "caption": caption,
            "labels": {kind: name.capitalize()},
        },
    )
    return folder / f"{name}.json"


def a_table(printed=("r: paper",)):
    shown = pd.DataFrame({"City": ["Aube"], "r: ours": [0.5], "r: paper": [0.7]})
    return Table(shown, shown, caption="Scores.", notes=("One note.",), printed=printed)


def a_ledger():
    verdicts = [YES, NO, NO, Verdict("open", "open")]
    shown = pd.DataFrame(
        {
            "No.": ["1", "", "2a", "3"],
            "The paper claims": ["A <holds> & more.", "", "B fails.", "C."],
            "Folds": ["random folds", "spatial blocks", "random folds", "random folds"],
            "Verdict": verdicts,
        }
    )
    counts = {"supported": 1, "contradicted": 1, "open": 1}
    return Table(
        numbers=shown,
        shown=shown,
        caption="Claims.",
        notes=("In our own words.",),
        evidence={0: "Where. Holds if: so.", 2: "There.", 3: "Nowhere."},
        tallies=[{"column": "Verdict", "folds": "random folds", "claims": 3} | counts],
    )


def jobs():
    return pd.DataFrame(
        {
            "stage": ["cells", "ssig", "ssig"],
            "rule": ["build_cells", "fit_gp", "fit_gp"],
            "job": ["a", "b", "c"],
            "wall_s": [1.0, 2.0, 4.0],
            "processor_s": [1.0, 1.5, 3.5],
            "peak_memory_mib": [100.0, np.nan, 300.0],
        }
    )


def sources(checksum="synthetic"):
    columns = {"source": "made", "file": "a.zip", "provider": "IncomeLens", "time_frame": "2015"}
    more = {"licence": "MIT", "origin": "mirror", "bytes": 2_000_000, "sha256": "ab" * 32}
    return pd.DataFrame([columns | more | {"checksum": checksum}])


def left_out():
    """Three of twelve cells dropped, one of six districts without an income."""
    cells = [Finding("cells", "no_inhabitants", 3, 12, example="N0E200")]
    districts = [Finding("districts", f"no_{INCOME}", 1, 6, example="005")]
    return pd.concat(
        [
            left_out_table(cells, stage="cells", of="aube"),
            left_out_table(districts, stage="districts", of="tract"),
        ]
    )


def page(folder, *, settings=None, exhibits=None, found_maps=None, unasked=(), **more):
    """The page of the small study, as text."""
    paper = folder / "paper"
    paths = exhibits or [
        exhibit(paper / "aerial", "fig2"),
        exhibit(paper / "aerial", "fig2_beside", target="aerial_figure_2"),
        exhibit(paper / "aerial", "scores", kind="table"),
        exhibit(paper / "aerial", "claims", kind="table", table=a_ledger()),
        exhibit(paper / "ssig", "fig1", study="District study"),
    ]
    return report_page(
        read_exhibits(paths),
        unasked=unasked,
        maps=maps() if found_maps is None else found_maps,
        left_out=more.get("left_out", left_out()),
        deviations=read_deviations(ROOT / "config/deviations.yaml"),
        provenance=provenance(
            config=settings or config(),
            jobs=jobs(),
            manifest=more.get("manifest", sources()),
            root=ROOT,
            now=datetime(2026, 5, 4, 12, 30, tzinfo=UTC),
        ),
        folder=folder,
    )
