"""Which modules of the package a script, or a module, uses, as one digest.

Snakemake reruns a rule when its script changes, not when a module changes that the script imports.
A rule therefore carries this digest among its parameters: it changes when, and only when, one of
the modules changes that the script reaches through imports, or a list that one of them works with.
"""

import ast
import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from incomelens.common.errors import InputError

PACKAGE = "incomelens"
SOURCE = Path(__file__).resolve().parents[2]
# An import begins a line and ends with it or with its parenthesis: so the formatter writes it. To
# parse whole files took half the time of planning.
IMPORT = re.compile(
    rb"^[ \t]*((?:import|from)[ \t]+%b\b(?:[^\n(#]*\([^)]*\)|[^\n]*))" % PACKAGE.encode(),
    re.MULTILINE,
)
NO_LISTS: Mapping[str, str | Path] = {}


@dataclass(frozen=True)
class Code:
    """What a script, or a module, uses of the package.

    Attributes
    ----------
    digest : str
        Sixteen hexadecimal digits.
    modules : list of str
        Names, sorted.
    """

    digest: str
    modules: list[str]


def code_digest(script: str | Path) -> str:
    """Digest of all modules of the package that `script` imports, directly or not."""
    return script_code(script).digest


def script_code(
    script: str | Path, *, lists: Mapping[str, str | Path] = NO_LISTS, source: Path = SOURCE
) -> Code:
    """All modules of the package that `script` imports, directly or not.

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
    """
    return _code(_reached(_names_imported(Path(script).read_bytes()), source), lists)


def module_code(
    module: str, *, lists: Mapping[str, str | Path] = NO_LISTS, source: Path = SOURCE
) -> Code:
    """A module such as ``incomelens.paper.ssig.table_1`` and all that it imports.

    `lists` are those of :func:`script_code`.

    Raises
    ------
    InputError
        If there is no such module.
    """
    texts = _reached(_with_packages(module), source)
    if module not in texts:
        file = source.joinpath(*module.split(".")).with_suffix(".py")
        raise InputError(f"there is no module {module}; expected {file}")
    return _code(texts, lists)


def _code(texts: Mapping[str, bytes], lists: Mapping[str, str | Path]) -> Code:
    digest = hashlib.sha256()
    for module, text in texts.items():
        digest.update(module.encode() + b"\0" + text + b"\0")
        if module in lists:
            digest.update(Path(lists[module]).read_bytes() + b"\0")
    return Code(digest.hexdigest()[:16], list(texts))


def _reached(names: Iterable[str], source: Path) -> dict[str, bytes]:
    """Text of these modules and of those that they reach, by name, sorted.

    Of `from package import name` the name is a module, or something a module defines: names that
    no file has are left out.
    """
    texts: dict[str, bytes] = {}
    waiting = set(names)
    met = set(waiting)
    while waiting:
        module = waiting.pop()
        try:
            texts[module] = _text_of(module, source)
        except FileNotFoundError:
            continue
        waiting |= _names_imported(texts[module]) - met
        met |= waiting
    return dict(sorted(texts.items()))


@cache
def _names_imported(text: bytes) -> frozenset[str]:
    """What a file imports of the package, with the packages around: a.b.c, a.b and a."""
    return frozenset().union(*map(_with_packages, _imports_of_text(text)))


def _with_packages(name: str) -> frozenset[str]:
    return frozenset(".".join(name.split(".")[:depth]) for depth in range(1, name.count(".") + 2))


def _imports_of_text(text: bytes) -> frozenset[str]:
    names = set()
    for statement in IMPORT.findall(text):
        for node in ast.walk(ast.parse(statement)):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(name for name in names if name.split(".")[0] == PACKAGE)


def _text_of(module: str, source: Path) -> bytes:
    # Strings, not paths: every planning asks for some thousands of files.
    path = os.path.join(source, *module.split("."))
    file = f"{path}/__init__.py" if os.path.isdir(path) else f"{path}.py"
    with open(file, "rb") as opened:
        return opened.read()
