"""Which modules of the package a script, or a module, uses, as one digest.

Snakemake reruns a rule when its script changes, not when a module changes that the script imports.
A rule therefore carries this digest among its parameters: it changes when, and only when, one of
the modules changes that the script reaches through imports, or a list that one of them works with.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from incomelens.common.errors import InputError

PACKAGE = "incomelens"
SOURCE = Path(__file__).resolve().parents[2]
NO_LISTS: Mapping[str, str | Path] = {}


def code_digest(
    script: str | Path, *, lists: Mapping[str, str | Path] = NO_LISTS, source: Path = SOURCE
) -> str:
    """Digest of all modules of the package that `script` imports, directly or not.

    Imports are read from the source text, nothing is executed. Importing ``a.b.c`` counts
    ``a/__init__.py`` and ``a/b/__init__.py`` as used, because Python runs them.

    Parameters
    ----------
    script : path
        A Python file; its own text is not part of the digest (Snakemake watches it itself).
    lists : mapping
        Files that count as code of a module, by its name.
    source : path
        Folder that holds the package.

    Returns
    -------
    str
        Sixteen hexadecimal digits.
    """
    return _digest(used_modules(script, source=source), source, lists)


def module_digest(
    module: str, *, lists: Mapping[str, str | Path] = NO_LISTS, source: Path = SOURCE
) -> str:
    """Digest of a module such as ``incomelens.paper.ssig.table_1`` and of all that it imports.

    `lists` are those of :func:`code_digest`.

    Raises
    ------
    InputError
        If there is no such module.
    """
    return _digest(modules_of(module, source=source), source, lists)


def used_modules(script: str | Path, *, source: Path = SOURCE) -> list[str]:
    """Names of the package's modules that `script` reaches through imports, sorted."""
    return _reached(_imports(Path(script), source), source)


def modules_of(module: str, *, source: Path = SOURCE) -> list[str]:
    """Names of a module and of all modules of the package that it reaches, sorted.

    Raises
    ------
    InputError
        If there is no such module.
    """
    if not _file_of(module, source).exists():
        raise InputError(f"there is no module {module}; expected {_file_of(module, source)}")
    return _reached(_with_packages(module), source)


def _digest(modules: Iterable[str], source: Path, lists: Mapping[str, str | Path]) -> str:
    digest = hashlib.sha256()
    for module in modules:
        digest.update(module.encode() + b"\0" + _file_of(module, source).read_bytes() + b"\0")
        if module in lists:
            digest.update(Path(lists[module]).read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _reached(modules: Iterable[str], source: Path) -> list[str]:
    reached: set[str] = set()
    waiting = set(modules)
    while waiting:
        module = waiting.pop()
        reached.add(module)
        waiting |= _imports(_file_of(module, source), source) - reached
    return sorted(reached)


def _imports(file: Path, source: Path) -> set[str]:
    # `from package import name`: the name is a module, or something a module defines.
    modules = _names_imported(file.read_bytes())
    return {name for name in modules if _file_of(name, source).exists()}


@cache
def _names_imported(text: bytes) -> frozenset[str]:
    """What a file imports of the package, with the packages around: a.b.c, a.b and a."""
    return frozenset().union(*map(_with_packages, _imports_of_text(text)))


def _with_packages(name: str) -> frozenset[str]:
    return frozenset(".".join(name.split(".")[:depth]) for depth in range(1, name.count(".") + 2))


def _imports_of_text(text: bytes) -> frozenset[str]:
    names = set()
    for node in _statements(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(name for name in names if name.split(".")[0] == PACKAGE)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All statements below a node, at any depth; expressions hold no import and are left out."""
    for block in ("body", "orelse", "finalbody", "handlers", "cases"):
        for child in getattr(node, block, ()):
            yield child
            yield from _statements(child)


def _file_of(module: str, source: Path) -> Path:
    path = source.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
