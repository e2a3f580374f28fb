"""Which raw files a study reads, part by part and job by job."""

import os
from pathlib import Path

import pytest

from incomelens.common.errors import InputError


def test_parts_have_the_sources_that_the_configuration_names(raw):
    paper = raw()
    assert list(paper.parts) == ["district", "aerial", "siamese"]
    assert "filosofi_2015" in paper.parts["aerial"].sources
    sources = paper.checks("district", "aerial", "siamese")["sources"]
    assert sources == list(
        dict.fromkeys(source for part in paper.parts.values() for source in part.sources)
    )
    files = paper.registry.files(sources)
    assert len(paper.records()) == len(files)
    assert paper.records()[0] == f"<results>/sources/{files[0].label}.origin.json"


def test_what_is_checked_is_what_the_asked_parts_need(raw):
    paper = raw()
    aerial, districts = paper.checks("aerial"), paper.checks("district", "siamese")
    assert aerial["sources"] == paper.parts["aerial"].sources
    assert not set(aerial["sources"]) & set(districts["sources"])
    assert aerial["own_files"] == []
    assert districts["results_mb"] == 200 + 20_000
    assert any("street view" in note for note in districts["notes"])
    assert not aerial["notes"]


def test_a_study_of_cities_alone_needs_no_source_of_districts(raw):
    cities_alone = raw(districts={"levels": []})
    assert cities_alone.parts["district"].sources == cities_alone.parts["siamese"].sources == []
    assert cities_alone.checks(*cities_alone.parts) == raw().checks("aerial")


def test_a_study_of_the_country_reads_a_file_of_every_state_and_table(raw):
    usa = raw("usa")
    files = usa.of_level("us_tract")
    assert len(files["tables"]) == 51 * 6
    assert usa.parts["siamese"].sources == []
    assert usa.study.explained_tasks
    assert {task["level"] for task in usa.study.explained_tasks} == {"us_tract"}


def test_a_city_without_an_entry_is_told_before_anything_is_planned(raw):
    with pytest.raises(InputError, match=r"city\.atlantis is missing"):
        raw(cities=["atlantis"])


def test_a_source_that_no_registry_has_is_told_to_whoever_asks_for_its_files(raw):
    files = raw(districts={"tract": {"tables": "nowhere"}})
    assert files.of_city("nice", "imagery")
    with pytest.raises(InputError, match="there is no source 'nowhere'"):
        files.of_level("tract")
    with pytest.raises(InputError, match="there is no source 'nowhere'"):
        files.records()


def test_a_synthetic_citys_unknown_source_is_told_by_the_city_and_not_by_the_rest(raw):
    files = raw("tiny", city={"aubervieux": {"income": {"source": "nowhere"}}})
    assert len(files.of_demo_cities()) == 3
    assert files.of_level("tract")["tables"]
    with pytest.raises(InputError, match="there is no source 'nowhere'"):
        files.of_city("aubervieux", "income")


@pytest.mark.parametrize(
    ("name", "mirror", "made"),
    [
        ("paper", None, False),
        ("paper", "somewhere", False),
        ("paper", "https://example.org/mirror", False),
        ("paper", "results/paper/demo/mirror", True),
        ("tiny", "results/paper/demo/mirror", False),
    ],
)
def test_only_a_mirror_below_the_studys_own_demo_is_made_by_the_workflow(raw, name, mirror, made):
    files = raw(name, mirror=mirror)
    assert files.places["demo"] == made
    wanted = f"{mirror}/filosofi_2015/x.zip" if made else []
    assert files.made_mirror_file("filosofi_2015", "x.zip") == wanted


def test_what_the_workflow_makes_is_told_as_invented(raw):
    source = raw().parts["district"].sources[0]
    assert raw().told_of([source])[source]["provider"] != "IncomeLens (synthetic)"
    assert raw("tiny").told_of([source])[source]["provider"] == "IncomeLens (synthetic)"
    told = raw("tiny").told_of_cities()["aubervieux"]
    assert list(told) == ["income", "imagery", "land_use"]
    assert set(told["income"][0]) >= {"title", "licence", "citation"}


def test_room_on_the_disk_follows_tiles_and_cities(raw):
    paper, tiny = raw(), raw("tiny")
    assert paper.parts["aerial"].mb == pytest.approx(
        5 * 15_000 * 8 * paper.study.config["tiles"]["tile_px"] ** 2 / 1e6
    )
    (city,) = tiny.study.config["demo"]["cities"].values()
    cells = city["cells_wide"] * city["cells_high"]
    tile_px = tiny.study.config["tiles"]["tile_px"]
    assert tiny.parts["aerial"].mb == pytest.approx(cells * 8 * tile_px**2 / 1e6)
    assert raw("nyc").parts["aerial"].mb == 0


def test_orthophotos_of_districts_need_room_unless_a_mirror_has_them(raw):
    assert raw().parts["siamese"].mb == 20_000
    assert raw(mirror="somewhere").parts["siamese"].mb == 500
    assert raw("nyc").parts["siamese"].mb == 500


def test_the_bytes_of_a_file_are_decided_by_address_and_checksum(raw, registry):
    file = registry.source("acs5_2019_tract").files[0]
    assert raw().wanted(file.source, file.name) == [
        file.address, file.format, file.sha256, file.bytes,
    ]  # fmt: skip
    assert registry.file(file.source, file.name) == file


def test_a_source_of_two_parts_waits_for_both(raw):
    served = {"mirror": "https://example.org/mirror"}
    city = {"paris": {"income": {"source": "acs5_2019_tract"}}}
    assert raw(city=city, **served).checked_for("acs5_2019_tract") == [
        "<results>/sources/preflight-district.txt",
        "<results>/sources/preflight-aerial.txt",
    ]
    assert raw(**served).checked_for("orthohr_d006_2017") == [
        "<results>/sources/preflight-aerial.txt"
    ]


# --- The user's own tables


@pytest.fixture
def nyc(raw, tmp_path):
    """The study `nyc`, and the folder in which its tables are looked for."""
    return raw("nyc", data_dir=str(tmp_path)), tmp_path


TRACTS = "nyc_tract_acs_2015_2019.gpkg"
ZIPS = "nyc_modzcta_derived_acs_2015_2019.gpkg"
SALES = "nyc_sales_2019_located.csv.gz"


def test_a_table_that_is_missing_is_no_input_and_its_part_is_checked_again(nyc):
    files, folder = nyc
    assert files.own_tables("district") == [f"{folder}/{TRACTS}", f"{folder}/{ZIPS}"]
    assert files.of_level("tract") == {"table": []}
    assert files.of_sales() == {"sales": []}
    assert files.checked("district") == "<results>/sources/preflight-district-missing.txt"
    assert files.checked("aerial") == "<results>/sources/preflight-aerial.txt"


def test_a_table_that_is_there_is_an_input(nyc):
    files, folder = nyc
    for name in (TRACTS, ZIPS, SALES):
        (folder / name).touch()
    assert files.of_level("zip") == {
        "table": f"{folder}/{ZIPS}",
        "areas_from": f"{folder}/{TRACTS}",
    }
    assert files.of_sales() == {"sales": [f"{folder}/{SALES}"]}
    assert files.checked("siamese") == "<results>/sources/preflight-siamese.txt"
    assert SALES in files.unregistered


def test_boundaries_of_a_table_are_an_input_of_their_own(raw, tmp_path):
    level = {"adapter": "table", "table": "a.csv", "boundaries_table": "b.gpkg"}
    files = raw("nyc", data_dir=str(tmp_path), districts={"tract": level})
    (tmp_path / "b.gpkg").touch()
    assert files.of_level("tract") == {"table": [], "boundaries_table": f"{tmp_path}/b.gpkg"}


# --- What a job reads


def test_census_levels_read_tables_boundaries_and_the_zips_relationship(raw):
    tract, zips = raw().of_level("tract"), raw().of_level("zip")
    assert all(path.startswith("<results>/sources/acs5_2019_tract/") for path in tract["tables"])
    assert isinstance(tract["boundaries"], str)
    assert "relationship" not in tract
    assert zips["relationship"].startswith("<results>/sources/zcta_county_2010/")


@pytest.mark.parametrize(("level", "key"), [("tract", "n_tracts"), ("zip", "n_zctas")])
def test_a_synthetic_city_too_small_for_the_settings_is_told_by_its_size(raw, level, key):
    files = raw("tiny", demo={key: 9})
    with pytest.raises(InputError, match=rf"demo\.{key}"):
        files.of_level(level)


def test_the_files_of_a_city_are_those_of_its_sources(raw):
    files = raw("tiny")
    (income,) = files.of_city("aubervieux", "income")
    assert income.startswith("<results>/sources/synthetic_filosofi_2015/")
    assert len(files.of_city("aubervieux", "imagery")) == 2
    assert len(files.of_demo_cities()) == 4
    assert files.demo_city_settings()[0]["name"] == "Aubervieux"


def test_the_reader_of_incomes_is_told_the_columns_and_not_what_names_it(raw):
    own = {"reader": "table", "source": "filosofi_2015", "income": "median"}
    assert raw(city={"paris": {"income": own}}).reader_options("paris") == {"income": "median"}


def test_sales_are_read_with_their_tax_lots_where_there_are_any(raw):
    assert raw().of_sales()["lots"]
    assert raw(siamese={"prices": {"lots": None}}).of_sales()["lots"] == []


def test_satellite_images_come_from_all_their_sources(raw):
    files = raw("tiny")
    assert len(files.of_satellite()) == 2
    with pytest.raises(InputError, match=r"no siamese\.satellite"):
        raw("nyc").of_satellite()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"reader": "google"}, []),
        ({"reader": "folder", "folder": "views", "source": None}, ["DATA/views"]),
        ({"reader": "folder", "folder": "gone", "source": None}, []),
        ({"reader": "folder", "folder": None, "source": "synthetic_street_views"},
         ["<results>/sources/synthetic_street_views/synthetic_street_views.zip"]),
    ],
)  # fmt: skip
def test_street_views_lie_in_a_folder_or_an_archive_or_with_google(
    raw, tmp_path, settings, expected
):
    (tmp_path / "views").mkdir()
    files = raw("tiny", data_dir=str(tmp_path), siamese={"street_view": settings})
    assert files.of_street_views() == [path.replace("DATA", str(tmp_path)) for path in expected]


def test_a_part_of_which_a_person_has_to_fetch_a_file_is_checked_again(raw, tmp_path):
    def stamp():
        return raw(manual_dir=str(tmp_path)).checked("aerial")

    manual = [file for file in raw().registry.files(raw().parts["aerial"].sources) if file.manual]
    assert stamp() == "<results>/sources/preflight-aerial-missing.txt"
    for file in manual:
        (tmp_path / file.label).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file.label).touch()
    assert stamp() == "<results>/sources/preflight-aerial.txt"
    assert raw("tiny").checked("aerial") == "<results>/sources/preflight-aerial.txt"


def test_a_stamp_is_made_younger_than_the_script_and_none_is_made(raw, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stamp = Path("results/tiny/sources/preflight-aerial.txt")
    stamp.parent.mkdir(parents=True)
    stamp.write_text("told")
    script = tmp_path / "check_sources.py"
    script.touch()
    os.utime(stamp, (0, 0))
    raw("tiny").keep_stamps(script)
    assert stamp.stat().st_mtime > script.stat().st_mtime
    assert stamp.read_text() == "told"
    assert list(stamp.parent.iterdir()) == [stamp]


def test_incomes_may_be_a_file_of_the_users_own(raw, tmp_path):
    cells = {"reader": "cells", "table": "units.gpkg", "layer": "units", "side_m": 150}
    cells |= {"columns": {"cell_id": "id", "income": "median"}}
    label = {"kind": "median", "unit": "USD"}
    own = {"name": "Own", "shards": 1, "income": cells | {"label": label}}
    own |= {
        "land_use": {"reader": "urban_atlas", "source": "urban_atlas_2012_nice", "city": "Nice"}
    }
    own |= {"imagery": {"reader": "ign", "sources": ["orthohr_d006_2017"]}}
    files = raw(cities=["own"], city={"own": own}, data_dir=str(tmp_path))
    assert files.own_tables("aerial") == [f"{tmp_path}/units.gpkg"]
    assert files.of_city("own", "income") == []
    assert files.checked("aerial").endswith("preflight-aerial-missing.txt")
    (tmp_path / "units.gpkg").touch()
    assert files.of_city("own", "income") == [f"{tmp_path}/units.gpkg"]
    assert "urban_atlas_2012_nice" in files.checks("aerial")["sources"]
    assert set(files.reader_options("own")) == {"columns", "layer", "side_m"}
    assert files.study.income_labels == {"own": label}


def test_land_use_its_boundary_and_points_may_be_files_of_the_users_own(raw, tmp_path):
    land = {"reader": "raster", "folder": "cover", "crs": "EPSG:26911"}
    land |= {"boundary": {"table": "city.gpkg", "layer": "outline"}}
    trees = {"table": "trees.csv", "x": "easting", "y": "northing", "radius_m": 3.0}
    pools = {"source": "filosofi_2015", "radius_m": 5.0}
    own = {
        "name": "Own",
        "shards": 1,
        "income": {"reader": "filosofi", "source": "filosofi_2015"},
        "land_use": land,
        "points": {"trees": trees, "pools": pools},
        "imagery": {"reader": "ign", "sources": ["orthohr_d006_2017"]},
    }
    files = raw(cities=["own"], city={"own": own}, data_dir=str(tmp_path))
    named = [str(tmp_path / name) for name in ("cover", "city.gpkg", "trees.csv")]
    assert files.own_tables("aerial") == named
    pools_alone = files.points_of_city("own")  # missing files are told by the check of the study
    assert len(pools_alone) == 1
    assert "filosofi_2015" in pools_alone[0]
    (tmp_path / "cover").mkdir()
    for name in ("city.gpkg", "trees.csv"):
        (tmp_path / name).touch()
    assert files.of_city("own", "land_use") == named[:1]
    assert files.boundary_of_city("own") == named[1:2]
    assert files.points_of_city("own")[0] == named[2]
    assert len(files.points_of_city("own")) == 2
    assert files.land_use_options("own") == {
        "reader": "raster", "crs": "EPSG:26911", "boundary_layer": "outline",
    }  # fmt: skip
    assert files.point_options("own") == {"trees": {"x": "easting", "y": "northing"}, "pools": {}}
    assert files.study.point_radii == {"trees": 3.0, "pools": 5.0}


def test_a_city_of_the_urban_atlas_has_neither_boundary_nor_points_of_its_own(raw):
    paper = raw()
    assert paper.boundary_of_city("nice") == paper.points_of_city("nice") == []
    assert paper.land_use_options("nice") == {
        "reader": "urban_atlas", "city": "Nice", "boundary_layer": None,
    }  # fmt: skip
    assert paper.study.point_radii == {}
