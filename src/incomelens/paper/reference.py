"""The papers' printed values: one slot a cell, `None` where nobody has typed it yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from incomelens.common.yaml_files import SCHEMAS, read_yaml
from incomelens.paper.names import LEVELS

# A slot's value, or slots by name: what stands where, the schema says.
Part = Any


@dataclass(frozen=True)
class Reference:
    """The printed values of both papers, read from `path`."""

    path: str
    slots: Mapping[str, Any]

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
        return self.part(*keys)

    def of_task(self, table: str, level: str, income: str, *keys: str) -> float | None:
        """Value of the district paper for one task, None where it is empty or not the paper's."""
        if level not in LEVELS:
            return None
        return self.part("ssig", table, level, income, *keys)

    def part(self, *keys: str) -> Part:
        """Everything below `keys`."""
        node = self.slots
        for key in keys:
            node = node[key]
        return node


def read_reference(path: str | Path) -> Reference:
    """Read `config/paper_reference.yaml` and check that every slot is there and holds its kind.

    Raises
    ------
    InputError
        If a slot is missing, unknown or holds the wrong kind of value, or if errors (RMSE, MAE)
        are typed without saying their unit.
    """
    return Reference(str(path), read_yaml(path, schema=SCHEMAS / "paper_reference.schema.yaml"))
