"""Where the real data, a finished study and a browser are, and on what terms tests run."""

import fcntl
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

# Tests compute on small arrays: threads would only wait for each other.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import pytest  # noqa: E402 - after the threads are set
from hypothesis import HealthCheck, settings  # noqa: E402

from incomelens.cells.urban_classes import DEFAULT_LIST, use_land_use_list  # noqa: E402

from .workflow.checkout import Checkout  # noqa: E402

# How long an example takes says how busy the machine is, not whether the code is right. Examples
# are the same in every run, but where new ones are looked for (make fuzz).
settings.register_profile(
    "any_machine",
    deadline=None,
    derandomize="INCOMELENS_FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("any_machine")

ROOT = Path(__file__).resolve().parents[1]
# Small real tables lie beside the checkout, or where this variable points.
REAL_DATA = Path(os.environ.get("INCOMELENS_REAL_DATA", ROOT.parent / "shared" / "data"))

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


@pytest.fixture(scope="session")
def nyc_folder() -> Path:
    """Folder of the real New York tables; the test is skipped where there is none."""
    folder = REAL_DATA / "nyc"
    if not (folder / "nyc_tract_acs_2015_2019.gpkg").exists():
        pytest.skip(f"no real data at {folder}; set INCOMELENS_REAL_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def once(tmp_path_factory) -> Callable[[str, Callable[[Checkout], object]], Checkout]:
    """Make a checkout of a name by a function, once for all processes that test side by side.

    Whoever asks for it meanwhile waits. Tests only read it; one that changes a file takes a copy.
    Several runs of pytest share what lies in a folder that INCOMELENS_TEST_CHECKOUTS names.
    """
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    base = Path(os.environ.get("INCOMELENS_TEST_CHECKOUTS", base))

    def make(name: str, fill: Callable[[Checkout], object]) -> Checkout:
        made = base / f"{name}.made"
        with made.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            checkout = Checkout(base / name)
            if not made.exists():
                fill(checkout)
                made.touch()
        return checkout

    return make


@pytest.fixture(scope="session")
def tiny(once) -> Checkout:
    """The tiny study, run from end to end on two cores."""
    return once("tiny", lambda checkout: checkout.snakemake("--cores", "2"))


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium; a test that needs it is skipped where it, or its driver, is missing."""
    driver = pytest.importorskip(
        "playwright.sync_api", reason="the Python package playwright is not installed"
    )
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine; on Debian: apt-get install chromium")
    with driver.sync_playwright() as started:
        # Chromium refuses its sandbox to root, as whom containers run.
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


class OpenPage:
    """A page in the browser, and everything it said and asked for."""

    def __init__(self, browser, path, *, width, touch=False) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 800}, has_touch=touch, is_mobile=touch, offline=True
        )
        self.page = self.context.new_page()
        self.said, self.asked = [], []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())

    def part(self, name):
        return self.page.locator(f'#map [data-part="{name}"]')

    def touch_map(self, across, down, *, tap=False):
        """Click, or tap with a finger, at a place given in shares of the map's width and height."""
        canvas = self.part("canvas")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        place = (box["x"] + across * box["width"], box["y"] + down * box["height"])
        (self.page.touchscreen.tap if tap else self.page.mouse.click)(*place)

    def told(self):
        """What is told of the chosen place, in one line."""
        return " ".join(self.part("place").inner_text().split())

    def violations(self, axe):
        """What axe-core finds grave, or serious: its rule and the places."""
        self.page.evaluate(axe)
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return {
            one["id"]: [node["target"] for node in one["nodes"]]
            for one in found["violations"]
            if one["impact"] in ("critical", "serious")
        }


@pytest.fixture(scope="session")
def axe() -> str:
    """Script of axe-core; a test that needs it is skipped where no environment has it."""
    wheel = "lib/python3*/site-packages/axe_playwright_python/axe.min.js"
    found = [path for home in (sys.prefix, ROOT / ".venv-dev") for path in Path(home).glob(wheel)]
    if not found:
        pytest.skip("axe-core is not installed; make docs brings it (envs/dev.in)")
    return found[0].read_text(encoding="utf-8")


@pytest.fixture
def open_page(browser):
    """Open a file at a width; every page is closed after the test."""
    opened = []

    def open_at(path, width, **more):
        opened.append(OpenPage(browser, path, width=width, **more))
        return opened[-1]

    yield open_at
    for one in opened:
        one.context.close()


@pytest.fixture
def land_use_of():
    """Give a test another list of land-use classes than the paper's, below the checkout."""
    yield lambda path: use_land_use_list(ROOT / path)
    use_land_use_list(DEFAULT_LIST)
