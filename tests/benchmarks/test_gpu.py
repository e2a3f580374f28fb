"""Without CUDA the benchmark says so, invents no number and ends well."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_without_cuda_the_numbers_stay_empty():
    script = Path(__file__).with_name("gpu.py")
    hidden = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, script], env=hidden, capture_output=True, text=True, check=True
    )
    assert "nothing was measured" in done.stdout
    table = done.stdout.partition("peak GB")[2]
    assert "ours, read ahead / plain" in table
    assert not re.search(r"\d+\.\d", table.replace("at least 0.90", ""))
