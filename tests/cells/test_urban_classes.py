"""The list of land-use classes: the paper's 19, and what is wrong with a list by its key."""

from collections import defaultdict

import pytest
import yaml

from incomelens.cells.urban_classes import (
    DEFAULT_LIST,
    EXCLUDED,
    LandUseList,
    classes_in_use,
    land_use_list,
    read_land_use_list,
)
from incomelens.common.errors import InputError

CODE_VALUES = land_use_list().code_values
URBAN_CLASSES = land_use_list().classes


@pytest.fixture
def changed(tmp_path):
    """Write the paper's list with one class changed, and read it."""

    def read(name="water", **keys):
        found = yaml.safe_load(DEFAULT_LIST.read_text(encoding="utf-8"))
        found["classes"].setdefault(name, {}).update(keys)
        path = tmp_path / "land.yaml"
        path.write_text(yaml.safe_dump(found, sort_keys=False))
        return read_land_use_list(path)

    return read


def test_the_classes_of_the_urban_atlas_are_merged_into_19():
    assert len(URBAN_CLASSES) == 19
    assert [one.name for one in URBAN_CLASSES if not one.published] == ["ports"]
    assert [code for code, value in CODE_VALUES.items() if value == EXCLUDED] == [
        "12400", "91000", "92000",
    ]  # fmt: skip
    # Dumps go with construction sites, wetland with fields.
    assert CODE_VALUES["13100"] == CODE_VALUES["13300"] == 12
    assert CODE_VALUES["40000"] == CODE_VALUES["21000"] == 16


def test_values_follow_the_order_of_the_list(changed):
    assert changed().classes == URBAN_CLASSES
    further = changed("beach", label="Beach", group="nature", colour="#ffffcc", codes=["33100"])
    assert further.classes[-1].name == "beach"
    assert further.classes[-1].published


@pytest.mark.parametrize("path", sorted(DEFAULT_LIST.parent.glob("*.yaml")), ids=lambda p: p.stem)
def test_every_list_of_the_workflow_is_whole(path):
    land = read_land_use_list(path)
    assert len({one.label for one in land.classes}) == len(land.classes)
    assert len({one.colour for one in land.classes}) == len(land.classes)
    assert {one.group for one in land.classes} == set(land.groups)
    assert all(land.classes[place].published for place in land.residential)


def codes_of(stem):
    """Codes of every class of a list of the workflow, and its group."""
    land = read_land_use_list(DEFAULT_LIST.with_name(f"{stem}.yaml"))
    return [(one.codes, one.group) for one in land.classes]


def test_corine_has_every_branch_of_its_nomenclature_and_grid_codes_count_them():
    """Codes are digits of three levels, each counted from 1; the raster counts all classes."""
    codes = {polygons: grid for (polygons, grid), _ in codes_of("corine")}
    assert len(codes) == 44
    for depth in range(3):
        branches = defaultdict(set)
        for code in codes:
            branches[code[:depth]].add(int(code[depth]))
        assert all(found == set(range(1, len(found) + 1)) for found in branches.values())
    assert [codes[code] for code in sorted(codes)] == [str(n) for n in range(1, 45)]


@pytest.mark.parametrize("stem", ["corine", "nlcd_2019"])
def test_the_first_digit_of_a_code_is_its_group(stem):
    groups = defaultdict(set)
    for codes, group in codes_of(stem):
        groups[codes[0][0]].add(group)
    assert all(len(found) == 1 for found in groups.values())


def test_pluto_counts_its_categories_with_and_without_the_leading_zero():
    codes = [codes for codes, _ in codes_of("pluto")]
    assert codes == [(f"{n:02}", str(n)) if n < 10 else (str(n),) for n in range(1, 12)]


def test_green_land_of_the_urban_atlas_is_one_class_whoever_may_enter_it():
    assert {CODE_VALUES[code] for code in ("14100", "14110", "14120", "14130")} == {14}


def test_a_value_of_openstreetmap_is_of_one_class_with_and_without_its_key():
    classes = {code: codes for codes, _ in codes_of("openstreetmap") for code in codes}
    for code, codes in classes.items():
        value = code.rpartition("=")[2]
        assert classes.get(value, codes) is codes, code


def test_h1_asks_of_all_classes_where_nobody_lives_in_any(land_use_of):
    cover = land_use_of("config/land_use/naip_cover_7.yaml")
    assert land_use_list() is cover
    assert cover.residential == cover.published
    assert "shadow" not in [cover.names[place] for place in cover.published]


def test_another_division_of_the_land_is_in_use_within_its_block_alone():
    with classes_in_use(LandUseList((), (), {})):
        assert land_use_list().names == ()
    assert land_use_list().classes == URBAN_CLASSES


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"group": "sea"}, r"classes\.water\.group is 'sea'; `groups` has residential, functional"),
        ({"codes": ["31000"]}, "code 31000 stands twice; land of a code belongs to one class"),
        ({"codes": ["12400"]}, "code 12400 stands twice"),
        ({"codes": [50000]}, r"classes\.water\.codes\.0 holds 50000; expected text"),
        ({"colour": "blue"}, r"classes\.water\.colour: 'blue' does not look like"),
        ({"colours": "#000000"}, r"unknown key 'colours' \(did you mean 'colour'\?\)"),
    ],
)
def test_what_is_wrong_with_a_list_is_told_by_its_key(changed, keys, told):
    with pytest.raises(InputError, match=told):
        changed(**keys)
