"""A user's city from scratch: a European spreadsheet of communes and a GeoPackage of two layers.

From both files to Table 4 and Figs. 2 and 3 by an overlay of less than 25 lines.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

pytestmark = pytest.mark.workflow

OVERLAY = """\
study: aubagne
cities: []
siamese: {prices: null, satellite: null, street_view: null}
folds: {schemes: [random]}
ssig: {modes: [optimised], starts: 1, resamples: 100}
shapley: {modes: [optimised], background: {size: 25}}
districts:
  levels: [commune]
  commune:
    adapter: table
    table: communes.csv
    boundaries_table: contours.gpkg
    boundaries_layer: communes
    shares: percent
    columns:
      {geoid: Code INSEE, area: Secteur, population: Population, male: Hommes / Population,
       per_capita_income: Revenu moyen (€), median_household_income: Revenu médian (€),
       bachelor: {expression: "`Bac+3 et plus (%)` - `dont bac+5 (%)`", unit: percent},
       postgraduate: dont bac+5 (%), unemployment: Chômage (%), age_65_plus: 65 ans et plus (%),
       age_under_18: Moins de 18 ans (%), black: Nés en Afrique (%), asian: Nés en Asie (%),
       white: Nés en France (%), population_density: Densité (hab/km²)}
"""
N, WIDE, SIDE = 40, 8, 2500.0


def communes() -> pd.DataFrame:
    """Numbers as a French Excel writes them; 5 × 8 communes, income rising towards the middle."""
    rng = np.random.default_rng(4)
    at = np.hypot(np.arange(N) % WIDE - 3.5, np.arange(N) // WIDE - 2) / 4
    higher = np.clip(0.45 - 0.2 * at + rng.normal(0, 0.04, N), 0.05, 0.8)
    highest = higher * rng.uniform(0.3, 0.5, N)
    people = rng.integers(800, 30_000, N)
    income = 14_000 + 40_000 * higher + 15_000 * highest + rng.normal(0, 700, N)

    def written(values, decimals=1):
        return [f"{value:.{decimals}f}".replace(".", ",") for value in values]

    ranges = {
        "Chômage (%)": (4, 18),
        "65 ans et plus (%)": (12, 30),
        "Moins de 18 ans (%)": (15, 28),
        "Nés en Afrique (%)": (1, 15),
        "Nés en Asie (%)": (0.2, 6),
        "Nés en France (%)": (60, 78),
    }
    return pd.DataFrame(
        {
            "Code INSEE": [f"{1301 + number:05d}" for number in range(N)],
            "Commune": [f"Saint-Rémy-sur-Bœuf {number}" for number in range(N)],
            "Secteur": np.array(["Côte", "Étang", "Massif"])[np.arange(N) * 3 // N],
            "Population": people,
            "Hommes": (people * rng.uniform(0.47, 0.52, N)).astype(int),
            "Revenu moyen (€)": written(income, 2),
            "Revenu médian (€)": written(1.5 * income, 2),
            "Bac+3 et plus (%)": written(100 * higher),
            "dont bac+5 (%)": written(100 * highest),
            **{name: written(rng.uniform(*limits, N)) for name, limits in ranges.items()},
            "Densité (hab/km²)": written(people / (SIDE / 1000) ** 2),
        }
    )


@pytest.fixture(scope="module")
def city(once):
    """The finished study, and the table that it was made from."""
    return once("aubagne", run_aubagne), communes()


def run_aubagne(checkout):
    data, table = checkout.folder / "data", communes()
    data.mkdir()
    table.to_csv(data / "communes.csv", sep=";", index=False, encoding="cp1252")
    west = 888_000 + SIDE * (np.arange(N) % WIDE)
    south = 6_248_000 + SIDE * (np.arange(N) // WIDE)
    outlines = gpd.GeoDataFrame(
        table[["Code INSEE"]],
        geometry=shapely.box(west, south, west + SIDE, south + SIDE),
        crs=2154,
    )
    outlines.to_file(data / "contours.gpkg", layer="communes")
    outlines.dissolve(table["Secteur"]).reset_index().to_file(
        data / "contours.gpkg", layer="secteurs"
    )
    (checkout.folder / "config/aubagne.yaml").write_text(OVERLAY)
    targets = ("ssig_table_4", "ssig_figure_2", "ssig_figure_3")
    checkout.snakemake(*targets, "--cores", "2", study="aubagne")


def test_every_value_is_the_one_that_the_spreadsheet_shows(city):
    checkout, table = city
    districts = gpd.read_parquet(checkout.folder / "results/aubagne/districts/commune.parquet")
    assert districts["geoid"].tolist() == table["Code INSEE"].tolist()
    assert districts["area"].tolist() == table["Secteur"].tolist()

    def shown(name):
        return table[name].str.replace(",", ".").astype(float)

    assert np.allclose(districts["per_capita_income"], shown("Revenu moyen (€)"))
    assert np.allclose(districts["postgraduate"], shown("dont bac+5 (%)") / 100)
    bachelor = (shown("Bac+3 et plus (%)") - shown("dont bac+5 (%)")) / 100
    assert np.allclose(districts["bachelor"], bachelor)
    assert np.allclose(districts["male"], table["Hommes"] / table["Population"])


def test_what_was_taken_for_granted_is_told(city):
    checkout, _ = city
    logs = (checkout.folder / "results/aubagne/logs/districts").rglob("*.log")
    assert "read as Windows-1252, separated by semicolons, with decimal commas" in "".join(
        log.read_text() for log in logs
    )


def test_the_tables_and_figures_speak_of_communes(city):
    checkout, _ = city
    paper = checkout.folder / "results/aubagne/paper/ssig"
    assert "Commune, per-capita income (N = 40)" in (paper / "table4.md").read_text()
    for figure in ("fig2", "fig3"):
        assert (paper / f"{figure}.pdf").stat().st_size > 10_000
