"""Paths that a user writes into the configuration: what ``~`` and variables mean in them."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from incomelens.common.errors import InputError
from incomelens.sources.fetching.origins import is_address

# Keys of the configuration that name files and folders; * is any key, or any item of a list.
KEYS = (
    "sources.*",
    "land_use",
    "mirror",
    "manual_dir",
    "data_dir",
    "districts.*.table",
    "districts.*.boundaries_table",
    "districts.*.areas_from.table",
    "city.*.income.table",
    "city.*.imagery.folder",
    "city.*.imagery.vintages.*.folder",
    "city.*.land_use.table",
    "city.*.land_use.folder",
    "city.*.land_use.boundary.table",
    "city.*.points.*.table",
    "inference.embeddings.*.table",
    "ssig.embeddings.*.table",
    "siamese.prices.table",
    "siamese.street_view.folder",
    "siamese.street_view.cache",
    "siamese.embedding.weights",
    "inference.networks.*.weights",
)
VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")


def with_own_paths(config: Mapping[str, Any], *, checkout: str | Path = ".") -> dict[str, Any]:
    """Return the configuration with ``~`` and ``$NAME`` replaced in all paths of :data:`KEYS`.

    Relative paths start where Snakemake runs; a registry (``sources``) or list of
    classes (``land_use``) that is not there is the one of that name in the checkout.

    Raises
    ------
    InputError
        As :func:`own_path`, naming the key.
    """
    changed = dict(config)
    for key in KEYS:
        changed = _replaced(changed, key.split("."), "")
    changed["sources"] = [_of_checkout(path, Path(checkout)) for path in changed["sources"]]
    changed["land_use"] = _of_checkout(changed["land_use"], Path(checkout))
    return changed


def own_path(path: str, key: str) -> str:
    """Return a path with the user's home for ``~`` and the values of variables; no address changes.

    Raises
    ------
    InputError
        If there is no such user or a variable is not set.
    """
    if is_address(path):
        return path

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if not os.environ.get(name):
            raise InputError(
                f"configuration: {key}: {path!r} names the variable {name}, which is not set; "
                f"export {name}, or write the path out"
            )
        return os.environ[name]

    replaced = VARIABLE.sub(value, path)
    expanded = os.path.expanduser(replaced)
    if replaced.startswith("~") and expanded == replaced:
        raise InputError(
            f"configuration: {key}: {path!r} begins with the home of a user that this machine does "
            f"not know; write the path out, or ./{path} for a folder of that name"
        )
    return expanded


def _replaced(node: object, steps: Sequence[str], where: str) -> Any:  # noqa: ANN401 - of any form
    if not steps:
        return own_path(node, where.lstrip(".")) if isinstance(node, str) else node
    step, *rest = steps
    if isinstance(node, Mapping):
        return {
            name: _replaced(child, rest, f"{where}.{name}") if step in ("*", name) else child
            for name, child in node.items()
        }
    if isinstance(node, list):
        return [_replaced(child, rest, f"{where}[{at}]") for at, child in enumerate(node)]
    return node


def _of_checkout(path: str, checkout: Path) -> str:
    if Path(path).exists() or not (checkout / path).exists():
        return path
    return str(checkout / path)
