"""What others install of this project does what its pages show, with what its extras promise."""

import ast
import contextlib
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from incomelens.common.code_digest import module_code

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
# Tools of those who change it, which no extra brings.
TOOLS = {"hypothesis", "playwright", "pytest", "pytest-xdist", "ruff", "snakefmt", "ty", "uv"}
PAGES = {
    "library_shapley": ("shapley", ["shapley.libraries", "shapley.other_games"]),
    "library_guided": ("attribution", ["attribution.any_network"]),
    "library_folds": ("folds", ["folds.splits", "folds.resampling", "folds.comparison"]),
}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def requirements(*lists: list[str]) -> dict[str, Requirement]:
    parsed = [Requirement(line) for lines in lists for line in lines]
    return {canonicalize_name(one.name): one for one in parsed if one.name != PROJECT["name"]}


def locked() -> dict[str, str]:
    pinned = re.findall(r"^([a-z0-9.-]+)==([^ ;]+)", read("envs/requirements.lock"), re.MULTILINE)
    return dict(pinned)


OFFERED = requirements(PROJECT["dependencies"], *EXTRAS.values())


def test_extras_offer_what_the_environment_asks_for():
    lines = [line.split("#")[0].strip() for line in read("envs/requirements.in").splitlines()]
    asked = requirements([line for line in lines if line])
    assert set(asked) - TOOLS <= set(OFFERED)
    for name in set(asked) & set(OFFERED):
        wanted, offered = asked[name].specifier, OFFERED[name].specifier
        # Other versions of torch serve those who take a part as a library.
        assert not wanted or wanted == offered or name == "torch", name


def test_what_extras_offer_is_what_the_lock_pins():
    pinned = locked()
    for name, requirement in OFFERED.items():
        assert name in pinned, f"{name} is in no lock"
        assert requirement.specifier.contains(pinned[name]), f"{requirement}: {pinned[name]}"


def code_of(module: str) -> str:
    path = ROOT / "src" / (module.replace(".", "/") + ".py")
    path = path if path.exists() else path.with_suffix("") / "__init__.py"
    return path.read_text(encoding="utf-8")


def imported(code: str) -> set[str]:
    """Top names that code imports as soon as it runs."""
    names = set()
    for node in ast.parse(code).body:
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"incomelens", "__future__"}


@pytest.mark.parametrize("page", PAGES)
def test_a_part_needs_no_package_that_its_extra_does_not_bring(page):
    extra, modules = PAGES[page]
    brought = set(requirements(PROJECT["dependencies"], EXTRAS[extra]))
    homes = packages_distributions()
    for module in (f"incomelens.{name}" for name in modules):
        for used in module_code(module).modules:
            for name in imported(code_of(used)):
                packages = {canonicalize_name(package) for package in homes[name]}
                assert packages & brought, f"{used} imports {name}"


def installed_with(asked: list[Requirement]) -> set[str]:
    """Packages that come with those asked for, by what they require in turn."""
    found: set[tuple[str, str]] = set()
    while asked:
        one, *asked = asked
        new = {(canonicalize_name(one.name), extra) for extra in {"", *one.extras}} - found
        found |= new
        for name, extra in new:
            with contextlib.suppress(PackageNotFoundError):  # of another system
                for need in map(Requirement, requires(name) or []):
                    if need.marker is None or need.marker.evaluate({"extra": extra}):
                        asked = [*asked, need]
    return {name for name, _ in found}


def hidden(page: str, code: str) -> list[str]:
    """Modules of this environment that neither the page's extra brings nor its code asks for."""
    homes = packages_distributions()
    users_own = [Requirement(home) for name in imported(code) for home in homes[name]]
    extra = requirements(PROJECT["dependencies"], EXTRAS[PAGES[page][0]])
    brought = installed_with([*extra.values(), *users_own]) | {PROJECT["name"]}
    return [name for name, home in homes.items() if not brought & set(map(canonicalize_name, home))]


HIDE = """
import sys
from importlib.machinery import PathFinder

class Brought(PathFinder):
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] not in {hidden}:
            return PathFinder.find_spec(name, path, target)

sys.meta_path = [Brought if one is PathFinder else one for one in sys.meta_path]
"""


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_a_page_run_with_what_its_extra_brings(page, tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", read(f"docs/{page}.md"), re.DOTALL)
    assert blocks
    code = "\n".join(blocks)
    script = tmp_path / "example.py"
    script.write_text(HIDE.format(hidden=hidden(page, code)) + code, encoding="utf-8")
    told = {**os.environ, "MPLBACKEND": "Agg", "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, script],
        cwd=tmp_path,
        env=told,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    if page == "library_shapley":
        assert (tmp_path / "beeswarm.png").stat().st_size > 10_000


def test_the_first_example_is_a_script_of_ten_lines():
    first = re.search(r"```python\n(.*?)```", read("docs/library_shapley.md"), re.DOTALL)
    assert len([line for line in first[1].splitlines() if line]) == 10
