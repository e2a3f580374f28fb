"""What is looked into before a run: of every city its parts, and which of them lie on this disk."""

import pytest

from incomelens.sources.fetching.origins import Places
from incomelens.study import looked_at, with_dates
from incomelens.tiles.understood import city_data, understand

from ..conftest import REAL_DATA

SETTINGS = {"exclude_imputed": False}


def city_of(raw, told, folder, *, mirror=None):
    places = Places(mirror and str(mirror), str(folder / "manual"))
    return city_data(told, registry=raw.registry, places=places, results=folder / "results")


@pytest.fixture
def tiny(raw):
    return raw("tiny")


def test_a_city_is_looked_at_as_its_jobs_read_it(tiny):
    (told,) = looked_at(tiny)
    assert told["income"]["options"] == {"reader": "filosofi", **tiny.reader_options("aubervieux")}
    assert told["land_use"]["options"] == tiny.land_use_options("aubervieux")
    assert told["imagery"][""]["sources"] == ["synthetic_orthohr"]
    assert told["label"] is None
    assert not told["points"]


def test_files_lie_with_the_study_by_hand_or_in_a_mirror_or_are_to_be_fetched(tiny, tmp_path):
    (told,) = looked_at(tiny)
    city = city_of(tiny, told, tmp_path)
    assert not city.income.files
    (label,) = city.income.to_fetch
    mirror = tmp_path / "mirror"
    assert not city_of(tiny, told, tmp_path, mirror=mirror).income.files
    for folder, where in (("mirror", mirror), ("manual", None), ("results/sources", mirror)):
        file = tmp_path / folder / label
        file.parent.mkdir(parents=True)
        file.write_bytes(b"squares")
        city = city_of(tiny, told, tmp_path, mirror=where)
        assert (city.income.files, city.income.to_fetch) == ([file], [])


def test_a_study_of_which_nothing_is_there_says_what_must_be_fetched(raw, tmp_path):
    paper = raw()
    told = understand((city_of(paper, one, tmp_path) for one in looked_at(paper)), cells=SETTINGS)
    assert not told.problems
    assert [line for line in told.lines if not line.startswith(" ")] == [
        f"{name}:" for name in paper.study.city_names.values()
    ]
    assert told.text.count("to be fetched first: ") == 3 * len(paper.study.cities)


def test_own_files_that_are_missing_are_not_there(raw, configuration, tmp_path):
    city = with_dates(configuration("socal")["city"])
    socal = raw("socal", city=city, data_dir=str(tmp_path))
    told = understand((city_of(socal, one, tmp_path) for one in looked_at(socal)), cells=SETTINGS)
    assert [line.split()[-2:] for line in told.lines[1:]] == [["not", "there"]] * 5
    assert [line.split("  ")[1] for line in told.lines[3:5]] == ["images 2020", "images 2018"]


@pytest.mark.real
def test_five_real_cities_are_understood_in_every_part(raw, configuration, land_use_of, tmp_path):
    folder = REAL_DATA / "socal"
    if not folder.exists():
        pytest.skip(f"no real data at {folder}; set INCOMELENS_REAL_DATA to its folder")
    land_use_of("config/land_use/naip_cover_7.yaml")
    city = with_dates(configuration("socal")["city"])
    socal = raw("socal", city=city, data_dir=str(folder))
    told = understand((city_of(socal, one, tmp_path) for one in looked_at(socal)), cells=SETTINGS)
    assert not told.problems
    for text in (
        "474 in EPSG:26911, median side 153.6 m, in 5 areas: claremont, long_beach, palm_springs",
        "USD (median, 2018): 12,135 to 201,719, median 69,408; cells without: 6, units it is taken "
        "from: 185, top-coded: 0, with a margin of error: 468",
        "7 of the list's 7 classes in a block of 24 of them",
        "codes that the list lacks: none",
        "  images 2018  474 in EPSG:26911; of 468 cells 100 % are shown whole",
        "  trees        24,560 in EPSG:26911, 0 of no place, 24,560 in cells",
    ):
        assert text in told.text
