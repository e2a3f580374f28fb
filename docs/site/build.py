"""Build the documentation into results/site: warnings are errors, links are checked, no network.

.venv-dev/bin/python docs/site/build.py [results/demo]
"""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

from links import broken
from pages import ROOT, lay_out

SITE = ROOT / "results/site"


def main() -> int:
    """Lay out, build, check; 1 where something is wrong."""
    study = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
    source = SITE.with_name("site-source")
    lay_out(source, study=study)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    command = [sys.executable, "-m", "sphinx", "--builder", "html", "--quiet", "--fail-on-warning"]
    command += ["--keep-going", "--jobs", "2", "--conf-dir", str(ROOT / "docs/site")]
    command += ["--doctree-dir", str(source / ".doctrees"), str(source), str(SITE)]
    told = {**os.environ, "INCOMELENS_VERSION": project["version"]}
    built = subprocess.run(command, env=told, check=False)  # noqa: S603 - our own words
    if built.returncode:
        return built.returncode
    problems = broken(SITE)
    sys.stdout.write("".join(f"{problem}\n" for problem in problems))
    pages = sum(1 for _ in SITE.rglob("*.html"))
    sys.stdout.write(f"{pages} pages, {len(problems)} broken links: {SITE / 'index.html'}\n")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
