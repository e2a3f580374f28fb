"""What surrounds a job: its log, its threads and the way it fails."""

import logging
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from threadpoolctl import threadpool_limits

from incomelens.common.errors import DamagedFileError, InputError
from incomelens.common.files import set_aside

SOURCE = Path(__file__).resolve().parents[2]
LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@contextmanager
def job(log: str | Path, *, threads: int | None = None) -> Generator[logging.Logger]:
    """Run the block as one job: log to `log` and to the terminal, compute on `threads` threads.

    The number of threads comes from the configuration, not from the cores of the run, so that a
    run on one core and a run on two give the same tables: sums are then split in the same way.

    A file that turns out damaged is renamed to ``<name>.damaged``, so that the next run makes it
    anew.

    Parameters
    ----------
    log : path
        The rule's log file, overwritten.
    threads : int, optional
        Threads of BLAS, OpenMP, numba and PyTorch; None leaves them as they are.

    Raises
    ------
    SystemExit
        In place of an :class:`InputError`: its message is logged, without a traceback.
    """
    logger = logging.getLogger("incomelens")
    with _logged_to(Path(log)), _arithmetic_threads(threads):
        try:
            yield logger
        except InputError as error:
            logger.error("%s", error)
            if isinstance(error, DamagedFileError):
                logger.error("it is now %s: run again", set_aside(error.path))
            raise SystemExit(1) from None
        except Exception:
            logger.exception("unexpected error")
            raise


def offer_package_to_jobs() -> None:
    """Put this package first on ``PYTHONPATH``, for jobs in an environment that lacks it."""
    folders = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    paths = [str(SOURCE), *(path for path in folders if path not in ("", str(SOURCE)))]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)


@contextmanager
def _logged_to(path: Path) -> Generator[None]:
    """Log to `path` and to the terminal, and afterwards where it went before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    root = logging.getLogger()
    level, handlers = root.level, root.handlers
    own = logging.FileHandler(path, mode="w"), logging.StreamHandler(sys.stderr)
    for handler in own:
        handler.setFormatter(logging.Formatter(LINE))
    root.handlers = list(own)
    root.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        root.setLevel(level)
        root.handlers = handlers
        own[0].close()


@contextmanager
def _arithmetic_threads(threads: int | None) -> Generator[None]:
    if threads is None:
        yield
        return
    # Libraries that are imported later in the block read these; the others obey threadpoolctl.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(threads)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)
    with threadpool_limits(limits=threads):
        yield
