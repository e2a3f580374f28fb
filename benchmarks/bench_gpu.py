"""Training and explaining on one GPU, against the plain ways, in less than eight minutes.

Runs `bench_inference.py` and `bench_attribution.py` at a GPU's sizes. What matters most is measured
first, and each result is kept as soon as it is measured: a run that is stopped leaves what it has.
It needs no network and no data, and goes on without zennit.

    python benchmarks/bench_gpu.py --record docs/benchmarks    the paper's tiles of 800 px
    python benchmarks/bench_gpu.py --device cpu --miniature    shows on any machine that it runs
"""

import argparse
import math
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

# Seconds: of all, of what a measurement that began in time may take beyond it, and of the start of
# a benchmark.
ALL, LAST, START = 460.0, 20.0, 15.0
TRAINING = "bench_inference.py --px 800 --tiles 192 --steps 60 --readers 8 --backbone"
MAPS = "bench_attribution.py --px 800 --tiles 32 --batch 16 --backbone"
# Benchmarks in the order of their weight, and the seconds of each.
FULL = {
    f"{TRAINING} efficientnet_b0": 170.0,
    f"{MAPS} efficientnet_b0": 100.0,
    f"{MAPS} efficientnet_lite0": 50.0,
    f"{TRAINING} efficientnet_lite0": 50.0,
}
SMALL = "--px 64 --backbone tf_efficientnet_lite0"  # which is built without timm
MINIATURE = {
    f"bench_inference.py {SMALL} --tiles 15 --steps 1 --batch 4 --readers 2": 3600.0,
    f"bench_attribution.py {SMALL} --tiles 2 --batch 2": 3600.0,
}


def run(words: list[str], seconds: float) -> bool:
    """Run a benchmark, and end it with all its processes if it takes longer; whether it ended well.

    Parameters
    ----------
    words : list of str
        Its file and options.
    seconds : float
        After which it is to begin nothing more.
    """
    file = Path(__file__).with_name(words[0])
    command = [sys.executable, file, *words[1:], "--seconds", f"{seconds:.0f}"]
    print(f"\n{shlex.join(words)}", flush=True)
    process = subprocess.Popen(command, start_new_session=True)  # noqa: S603 - beside this file
    try:
        return process.wait(timeout=START + seconds + LAST) == 0
    except subprocess.TimeoutExpired:
        print("stopped: it took too long; what it kept stays", flush=True)
        return False
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def main() -> None:
    """Run all benchmarks that there is time for; exit with 1 if one did not end well."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cuda", choices=["cpu", "cuda"])
    parser.add_argument("--miniature", action="store_true")
    parser.add_argument("--record", type=Path, help="folder in which measurements are kept")
    options = parser.parse_args()
    shared = ["--device", options.device]
    shared += ["--record", str(options.record)] if options.record else []
    end, well = time.monotonic() + (math.inf if options.miniature else ALL), True
    for benchmark, seconds in (MINIATURE if options.miniature else FULL).items():
        seconds = min(seconds, end - time.monotonic() - START - LAST)
        if seconds <= 0:
            print(f"{benchmark}: left out, the time is over", flush=True)
        else:
            well &= run([*benchmark.split(), *shared], seconds)
    sys.exit(not well)


if __name__ == "__main__":
    main()
