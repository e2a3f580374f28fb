"""How Sphinx builds the documentation from the pages that build.py has laid out."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

project = "IncomeLens"
author = "The IncomeLens maintainers"
project_copyright = "2026, The IncomeLens maintainers"
release = os.environ.get("INCOMELENS_VERSION", "")

extensions = ["myst_parser", "sphinx.ext.napoleon", "autoapi.extension", "formulae"]
root_doc = "index"
exclude_patterns: list[str] = []

myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 4
suppress_warnings = [
    # Types in docstrings are words for readers, with shapes and units: no names to be looked up.
    "ref.python",
    # Names that are assigned several at a time are found where they stand, not where they are used.
    "autoapi.python_import_resolution",
    # Modules are reached from modules.md; three hundred of them in the side bar hide all the rest.
    "toc.not_included",
]

# Pages of the modules are made from their text, so that the site needs none of what they import.
autoapi_dirs = [str(HERE.parents[1] / "src/incomelens")]
autoapi_root = "api"
autoapi_add_toctree_entry = False
autoapi_options = ["members", "undoc-members", "show-module-summary"]
autoapi_member_order = "bysource"
autoapi_keep_files = False
autoapi_python_class_content = "class"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True

html_math_renderer = "mathml"
html_theme = "furo"
html_title = f"IncomeLens {release}"
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}
html_static_path = [str(HERE / "static")]
html_css_files = ["site.css"]
