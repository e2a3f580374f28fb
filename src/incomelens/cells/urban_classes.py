"""Classes of land use, as ``config/land_use/urban_atlas_19.yaml`` lists them.

The 27 classes of the Urban Atlas, merged into the paper's 19 in their groups.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from incomelens.common.errors import InputError, listed
from incomelens.common.yaml_files import SCHEMAS, read_yaml

UNKNOWN = 0  # value of a land-use raster where no polygon lies
EXCLUDED = 255  # and where the land has a class that the paper leaves out
LIST = SCHEMAS.parents[1] / "config/land_use/urban_atlas_19.yaml"


@dataclass(frozen=True)
class UrbanClass:
    """A class of land: its name in our tables, in figures, its group, colour and codes."""

    name: str
    label: str
    group: str
    colour: str
    codes: tuple[str, ...]
    published: bool = True


@dataclass(frozen=True)
class LandUseList:
    """Classes and their groups in the order of print, and labels of excluded land by code."""

    groups: tuple[str, ...]
    classes: tuple[UrbanClass, ...]
    excluded: dict[str, str]


def read_land_use_list(path: str | Path) -> LandUseList:
    """Read a list of land-use classes.

    Raises
    ------
    InputError
        If a key is wrong, a class has an unknown group, or two share a code.
    """
    found = read_yaml(path, schema=SCHEMAS / "land_use.schema.yaml")
    classes = tuple(
        UrbanClass(
            name, one["label"], one["group"], one["colour"], tuple(one["codes"]),
            published=one.get("tested", True),
        )
        for name, one in found["classes"].items()
    )  # fmt: skip
    for one in classes:
        if one.group not in found["groups"]:
            raise InputError(
                f"{path}: classes.{one.name}.group is {one.group!r}; `groups` has "
                f"{listed(found['groups'])}"
            )
    codes = Counter([code for one in classes for code in one.codes] + list(found["excluded"]))
    if twice := [code for code, times in codes.items() if times > 1]:
        raise InputError(
            f"{path}: code {listed(twice)} stands twice; land of a code belongs to one class"
        )
    return LandUseList(tuple(found["groups"]), classes, found["excluded"])


_LISTED = read_land_use_list(LIST)
GROUPS = _LISTED.groups
URBAN_CLASSES = _LISTED.classes
EXCLUDED_CODES = _LISTED.excluded

NAMES = tuple(urban_class.name for urban_class in URBAN_CLASSES)
# Value of a class in a land-use raster, from 1.
VALUES = {name: number for number, name in enumerate(NAMES, start=1)}
CODE_VALUES = {
    code: VALUES[urban_class.name] for urban_class in URBAN_CLASSES for code in urban_class.codes
} | dict.fromkeys(EXCLUDED_CODES, EXCLUDED)
