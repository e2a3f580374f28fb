"""The papers' printed values: one slot a cell, `None` where nobody has typed it yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Real
from pathlib import Path

import yaml

from incomelens.common.errors import InputError, listed
from incomelens.paper.names import BASELINES, GP_MODELS, INCOMES, LEVELS, SPATIAL, VARIABLES

ERROR_UNITS = ("usd", "sd")
CELLS = {"r2": "number", "cod": "number", "rmse": "number", "mae": "number"}


def _each(keys: object, inside: object) -> dict[str, object]:
    return dict.fromkeys(keys, inside)


def _each_task(inside: object) -> dict[str, object]:
    return _each(LEVELS, _each(INCOMES, inside))


TEN = [name for name, variable in VARIABLES.items() if variable.group != SPATIAL]
PAPER_CITIES = ("paris", "lyon", "marseille", "nice", "lille")
FIGURE_2_SCORES = ("pearson_r", "accuracy", "mae", "accuracy_within_1")

# What the file must hold, in the file's own shape. "any" stands for keys that the file itself
# names (the studies of Table S1, the kinds of data of Table S2).
SLOTS = {
    "ssig": {
        "n_districts": _each_task("number"),
        "thresholds": _each(["difference", "key_variable", "p_value"], "number"),
        "table_1": _each_task(_each(["gini", "decile_ratio"], "number")),
        "table_2": _each(TEN, _each(["printed", "text"], "text")),
        "error_unit": "unit",
        "table_3": _each_task(_each(["ssig", *BASELINES], CELLS)),
        "table_4": _each_task(_each(GP_MODELS, CELLS)),
        "table_5": _each(TEN, _each(LEVELS, _each([*INCOMES, "p_value"], "number"))),
        "table_s1": {
            "any": {
                **_each(
                    ["education", "employment", "age", "population_density", "race", "sex"], "flag"
                ),
                **_each(["technique", "resolution"], "text"),
            }
        },
        "table_s2": {
            "any": _each(
                ["printed_source", "printed_time_frame", "text_source", "text_time_frame"], "text"
            )
        },
    },
    "aerial": {
        "table_1": _each(
            ["income", "imagery", "land_use"],
            _each(["collection_timespan", "spatial_resolution", "coverage"], "text"),
        ),
        "figure_2": {
            "cities": _each(PAPER_CITIES, _each([*FIGURE_2_SCORES, "hardest_class"], "number")),
            "range": _each(FIGURE_2_SCORES, _each(["lowest", "highest"], "number")),
        },
        # SES, class, class beside it, city.
        "figure_6_preprint": _each(
            ["coactivation_minus_1", "gain_minus_1"],
            _each(["low", "high"], {"any": {"any": _each(PAPER_CITIES, "number")}}),
        ),
    },
}
KINDS = {"number": Real, "text": str, "flag": bool, "unit": str}
EXPECTED = {
    "number": "a number as printed",
    "text": "text",
    "flag": "true or false",
    "unit": "usd or sd",
}


@dataclass(frozen=True)
class Reference:
    """The printed values of both papers, read from `path`."""

    path: str
    slots: Mapping[str, object]

    @classmethod
    def read(cls, path: str | Path) -> "Reference":
        """Read `config/paper_reference.yaml`, see :func:`read_reference`."""
        return read_reference(path)

    def printed(self, *keys: str) -> float | str | None:
        """Value of a slot, None where it is empty.

        Raises
        ------
        KeyError
            If there is no such slot.
        """
        return self.part(*keys)  # type: ignore[return-value]

    def of_task(self, table: str, level: str, income: str, *keys: str) -> float | None:
        """Value of the district paper for one task, None where it is empty or not the paper's."""
        if level not in LEVELS:
            return None
        return self.printed("ssig", table, level, income, *keys)  # type: ignore[return-value]

    def part(self, *keys: str) -> object:
        """Everything below `keys`."""
        found: object = self.slots
        for key in keys:
            found = found[key]  # type: ignore[index]
        return found


def read_reference(path: str | Path) -> Reference:
    """Read `config/paper_reference.yaml` and check that every slot is there and holds its kind.

    Raises
    ------
    InputError
        If a slot is missing, unknown or holds the wrong kind of value, or if errors (RMSE, MAE)
        are typed without saying their unit.
    """
    path = Path(path)
    try:
        slots = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not readable as YAML; {error}") from None
    _check(slots, SLOTS, path, "")
    reference = Reference(str(path), slots)
    _check_error_unit(reference)
    return reference


def _check(found: object, slots: object, path: Path, where: str) -> None:
    if isinstance(slots, str):
        _check_leaf(found, slots, path, where)
        return
    if not isinstance(found, Mapping):
        raise InputError(
            f"{path}: {where or 'the file'} holds {found!r} instead of a mapping with the keys "
            f"{listed(slots)}"
        )
    if "any" in slots:
        slots = dict.fromkeys(found, slots["any"])
    for key in found:
        if key not in slots:
            near = get_close_matches(str(key), slots, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {listed(slots, most=12)}"
            raise InputError(f"{path}: unknown slot {_join(where, key)!r}; {hint}")
    for key, inside in slots.items():
        if key not in found:
            raise InputError(
                f"{path}: the slot {_join(where, key)!r} is missing; "
                "write null where the printed value is unknown"
            )
        _check(found[key], inside, path, _join(where, key))


def _check_leaf(found: object, kind: str, path: Path, where: str) -> None:
    is_flag = isinstance(found, bool)
    fits = isinstance(found, KINDS[kind]) and is_flag == (kind == "flag")
    if found is not None and (not fits or (kind == "unit" and found not in ERROR_UNITS)):
        raise InputError(f"{path}: {where} holds {found!r}; expected {EXPECTED[kind]}, or null")


def _check_error_unit(reference: Reference) -> None:
    if reference.printed("ssig", "error_unit") is not None:
        return
    for table in ("table_3", "table_4"):
        for where, value in _leaves(reference.part("ssig", table), f"ssig.{table}"):
            if value is not None and where.endswith((".rmse", ".mae")):
                raise InputError(
                    f"{reference.path}: {where} is typed, but ssig.error_unit is null; "
                    "say there whether errors are printed in usd or in sd"
                )


def _leaves(found: object, where: str) -> list[tuple[str, object]]:
    if not isinstance(found, Mapping):
        return [(where, found)]
    return [leaf for key, inside in found.items() for leaf in _leaves(inside, _join(where, key))]


def _join(where: str, key: object) -> str:
    return f"{where}.{key}" if where else str(key)
