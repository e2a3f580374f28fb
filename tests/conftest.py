"""Where the real data is, and on what terms tests run."""

import os
from pathlib import Path

# Tests compute on small arrays: threads would only wait for each other.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import pytest  # noqa: E402 - after the threads are set
from hypothesis import HealthCheck, settings  # noqa: E402

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile(
    "any_machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any_machine")

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
