"""A digest changes when, and only when, a module changes that the script reaches."""

import ast

import pytest

from incomelens.common.code_digest import SOURCE, module_code, script_code
from incomelens.common.errors import InputError


@pytest.fixture
def package(tmp_path):
    files = {
        "incomelens/__init__.py": "",
        "incomelens/a/__init__.py": "",
        "incomelens/a/near.py": "from incomelens.b.far import answer\n",
        "incomelens/a/unrelated.py": "import os\n",
        "incomelens/b/__init__.py": "",
        "incomelens/b/far.py": "import incomelens.a.near\nanswer = 42\n",
        "script.py": "from incomelens.a.near import answer\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def digest(package):
    return script_code(package / "script.py", source=package).digest


def test_modules_are_followed_through_imports_and_circles_end(package):
    assert script_code(package / "script.py", source=package).modules == [
        "incomelens",
        "incomelens.a",
        "incomelens.a.near",
        "incomelens.b",
        "incomelens.b.far",
    ]


def test_a_change_two_imports_away_changes_the_digest(package):
    before = digest(package)
    (package / "incomelens/b/far.py").write_text("answer = 43\n")
    assert digest(package) != before


def test_a_change_in_an_unrelated_module_changes_nothing(package):
    before = digest(package)
    (package / "incomelens/a/unrelated.py").write_text("import os  # a comment\n")
    assert digest(package) == before


def test_importing_a_module_from_its_package_counts_the_module(package):
    (package / "script.py").write_text("from incomelens.a import near\n")
    assert "incomelens.b.far" in script_code(package / "script.py", source=package).modules


def test_a_modules_digest_follows_its_own_text_and_what_it_imports_alone(package):
    def digest():
        return module_code("incomelens.a.near", source=package).digest

    before = digest()
    (package / "incomelens/a/unrelated.py").write_text("import sys\n")
    assert digest() == before
    (package / "incomelens/a/near.py").write_text("from incomelens.b.far import answer  # 42\n")
    assert digest() != before


def test_a_module_that_is_not_there_is_named_with_its_file(package):
    with pytest.raises(InputError, match=r"no module incomelens\.a\.nowhere; .*a/nowhere\.py"):
        module_code("incomelens.a.nowhere", source=package)


def test_an_import_is_found_wherever_a_statement_may_stand(package):
    text = """
def function():
    with open("x") as file:
        try:
            pass
        except OSError:
            pass
        finally:
            for line in file:
                match line:
                    case "":
                        pass
                    case _:
                        async def inner():
                            while True:
                                pass
                            else:
                                from incomelens.a.unrelated import os
"""
    (package / "script.py").write_text(text)
    assert "incomelens.a.unrelated" in script_code(package / "script.py", source=package).modules


@pytest.mark.parametrize("module", ["inference.training", "report.page", "shapley.runs"])
def test_imports_are_those_that_python_reads_in_the_whole_file(module):
    modules = module_code(f"incomelens.{module}").modules
    for file in (SOURCE.joinpath(*name.split(".")) for name in modules):
        text = (file / "__init__.py" if file.is_dir() else file.with_suffix(".py")).read_bytes()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("incomelens."):
                assert node.module in modules


def test_a_list_that_a_module_works_with_counts_as_its_code(package):
    land = package / "classes.yaml"
    land.write_text("classes: {}\n")

    def told(module):
        return script_code(package / "script.py", lists={module: land}, source=package).digest

    before = told("incomelens.b.far"), told("incomelens.a.unrelated")
    land.write_text("classes: {water: {}}\n")
    assert told("incomelens.b.far") != before[0]
    assert told("incomelens.a.unrelated") == before[1]
