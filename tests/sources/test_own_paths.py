"""What a user may write for a path: his home, a variable, an address."""

from pathlib import Path

import pytest
import yaml

from incomelens.common.errors import InputError
from incomelens.sources.fetching.own_paths import KEYS, own_path, with_own_paths

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("SCRATCH", "/scratch/ada")
    monkeypatch.delenv("NOWHERE", raising=False)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("~/tables", "/home/ada/tables"),
        ("~", "/home/ada"),
        ("$SCRATCH/tables", "/scratch/ada/tables"),
        ("${SCRATCH}_old", "/scratch/ada_old"),
        ("data", "data"),
        ("/data/été 2019/l'île", "/data/été 2019/l'île"),
        ("prix$2019.csv", "prix$2019.csv"),
        ("./~odd", "./~odd"),
        ("backup~", "backup~"),
        ("https://me:pa$SCRATCH@mirror.org/~me/raw", "https://me:pa$SCRATCH@mirror.org/~me/raw"),
        ("", ""),
    ],
)
def test_a_home_and_variables_are_replaced_and_nothing_else(written, meant):
    assert own_path(written, "data_dir") == meant


def test_what_cannot_be_replaced_is_told_with_its_key():
    with pytest.raises(InputError, match=r"data_dir: '\$NOWHERE/x' names the variable NOWHERE"):
        own_path("$NOWHERE/x", "data_dir")
    with pytest.raises(InputError, match=r"mirror: '~nobody-here/raw' begins with the home of"):
        own_path("~nobody-here/raw", "mirror")


def test_every_path_of_a_configuration_is_looked_at_and_nothing_else_changes():
    own = {
        "sources": ["~/sources.yaml"],
        "mirror": "~/m",
        "manual_dir": "~/n",
        "data_dir": "~/d",
        "land_use": "~/l.yaml",
        "city": {
            "lb": {"land_use": {"table": "~/u.gpkg", "boundary": {"table": "~/o.gpkg"}}},
            "sm": {"land_use": {"folder": "~/f"}, "points": {"trees": {"table": "~/r"}}},
            "dates": {
                "income": {"table": "~/i.csv"},
                "imagery": {"folder": "~/2020", "vintages": {"2018": {"folder": "~/2018"}}},
            },
        },
        "districts": {
            "levels": ["tract"],
            "tract": {
                "table": "~/t.csv",
                "boundaries_table": "~/b.gpkg",
                "areas_from": {"table": "~/a.gpkg", "column": "~"},
                "columns": {"geoid": "~/no path"},
            },
        },
        "siamese": {
            "prices": {"table": "~/p.csv"},
            "satellite": None,
            "street_view": {"folder": "~/v", "cache": "~/c"},
            "embedding": {"weights": "~/w.pth"},
        },
        "inference": {
            "networks": {"main": {"weights": "~/n.pth", "head": "binomial"}},
            "embeddings": {"own": {"table": "~/e.csv"}},
        },
        "ssig": {"embeddings": {"own": {"table": "~/g.csv"}}},
    }
    changed = with_own_paths(own)
    text, before = yaml.safe_dump(changed), yaml.safe_dump(own)
    assert text.count("/home/ada/") == len(KEYS) == before.count("~/") - 1
    assert changed["districts"]["tract"]["columns"] == {"geoid": "~/no path"}
    assert own["data_dir"] == "~/d"


def test_the_key_of_a_wrong_path_is_told_in_full():
    own = {
        "sources": [],
        "land_use": "",
        "inference": {"networks": {"main": {"weights": "$NOWHERE/n.pth"}}},
    }
    with pytest.raises(InputError, match=r"configuration: inference\.networks\.main\.weights: "):
        with_own_paths(own)


def test_the_default_configuration_stays_as_it_is():
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    assert with_own_paths(config, checkout=ROOT) | {"sources": None} == config | {"sources": None}


def test_a_registry_is_looked_for_where_the_study_runs_and_then_in_the_checkout(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").touch()
    wanted = {"sources": ["mine.yaml", "config/sources.yaml", "gone.yaml"]}
    wanted["land_use"] = "config/land_use/pluto.yaml"
    found = with_own_paths(wanted, checkout=ROOT)
    assert found["land_use"] == str(ROOT / "config/land_use/pluto.yaml")
    assert found["sources"] == ["mine.yaml", str(ROOT / "config/sources.yaml"), "gone.yaml"]
