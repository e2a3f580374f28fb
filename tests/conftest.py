"""Where the real data is, and what the workflow is run with."""

import os
from pathlib import Path

# Tests compute on small arrays: threads would only wait for each other.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import pytest  # noqa: E402 - after the threads are set

ROOT = Path(__file__).resolve().parents[1]
# Small real tables lie beside the checkout, or where this variable points.
REAL_DATA = Path(os.environ.get("INCOMELENS_REAL_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def nyc_folder() -> Path:
    """Folder of the real New York tables; the test is skipped where there is none."""
    folder = REAL_DATA / "nyc"
    if not (folder / "nyc_tract_acs_2015_2019.gpkg").exists():
        pytest.skip(f"no real data at {folder}; set INCOMELENS_REAL_DATA to its folder")
    return folder
