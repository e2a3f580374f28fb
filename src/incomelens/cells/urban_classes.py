"""Classes of land use, as the study's list of them says.

The default, ``config/land_use/urban_atlas_19.yaml``, has the 27 classes of the Urban Atlas merged
into the paper's 19. Which list a study has is the one thing that stages share without handing it
on: a script calls :func:`use_land_use_list` before anything else, and whatever tells one class of
land from another (sums, tests, tables, figures) asks :func:`land_use_list`.
"""

from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from incomelens.common.errors import InputError, listed
from incomelens.common.yaml_files import SCHEMAS, read_yaml

UNKNOWN = 0  # value of a land-use raster where no polygon lies
EXCLUDED = 255  # and where the land has a class that the list leaves out
DEFAULT_LIST = SCHEMAS.parents[1] / "config/land_use/urban_atlas_19.yaml"


@dataclass(frozen=True)
class UrbanClass:
    """A class of land: its name in our tables, in figures, its group, colour and codes."""

    name: str
    label: str
    group: str
    colour: str
    codes: tuple[str, ...]
    published: bool = True
    residential: bool = False


@dataclass(frozen=True)
class LandUseList:
    """Classes and their groups in the order of print, and labels of excluded land by code."""

    groups: tuple[str, ...]
    classes: tuple[UrbanClass, ...]
    excluded: Mapping[str, str]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of all classes, in their order."""
        return tuple(one.name for one in self.classes)

    @cached_property
    def value_of(self) -> dict[str, int]:
        """Value of each class in a land-use raster, from 1."""
        return {name: number for number, name in enumerate(self.names, start=1)}

    @cached_property
    def code_values(self) -> dict[str, int]:
        """Value of each code of the data."""
        values = {code: self.value_of[one.name] for one in self.classes for code in one.codes}
        return values | dict.fromkeys(self.excluded, EXCLUDED)

    @cached_property
    def published(self) -> tuple[int, ...]:
        """Places of the classes that are tested and printed."""
        return tuple(place for place, one in enumerate(self.classes) if one.published)

    @cached_property
    def residential(self) -> tuple[int, ...]:
        """Places of the classes that H1 asks what stands beside: homes, or where none is all."""
        homes = tuple(place for place, one in enumerate(self.classes) if one.residential)
        return homes or self.published


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
            published=one.get("tested", True), residential=one.get("residential", False),
        )
        for name, one in found["classes"].items()
    )  # fmt: skip
    for one in classes:
        if one.group not in found["groups"]:
            raise InputError(
                f"{path}: classes.{one.name}.group is {one.group!r}; `groups` has "
                f"{listed(found['groups'])}"
            )
    excluded = found.get("excluded", {})
    codes = Counter([code for one in classes for code in one.codes] + list(excluded))
    if twice := [code for code, times in codes.items() if times > 1]:
        raise InputError(
            f"{path}: code {listed(twice)} stands twice; land of a code belongs to one class"
        )
    return LandUseList(tuple(found["groups"]), classes, excluded)


_in_use: dict[str, LandUseList] = {}


def use_land_use_list(path: str | Path) -> LandUseList:
    """Choose the list of this process, and return it.

    Raises
    ------
    InputError
        As :func:`read_land_use_list`.
    """
    _in_use["list"] = read_land_use_list(path)
    return _in_use["list"]


@contextmanager
def classes_in_use(classes: LandUseList) -> Generator[None]:
    """Use another list within the block, for a division of land that is not the study's."""
    before = land_use_list()
    _in_use["list"] = classes
    try:
        yield
    finally:
        _in_use["list"] = before


def land_use_list() -> LandUseList:
    """Return the list of this process: the paper's 19 classes where none was chosen."""
    if "list" not in _in_use:
        use_land_use_list(DEFAULT_LIST)
    return _in_use["list"]
