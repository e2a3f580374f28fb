"""Random generators from the study's seed and the job's own name, never from the clock."""

import hashlib

import numpy as np


def job_seed(seed: int, *names: object) -> int:
    """Derive a 32-bit seed from the study's seed and the names of a job.

    The same study and names give the same seed on every machine and in every order of jobs;
    different names give unrelated seeds.

    Examples
    --------
    >>> job_seed(1, "assign_folds", "tract") == job_seed(1, "assign_folds", "tract")
    True
    """
    text = "\x1f".join([str(seed), *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def job_rng(seed: int, *names: object) -> np.random.Generator:
    """Return the generator that belongs to a job (see :func:`job_seed`)."""
    return np.random.default_rng(job_seed(seed, *names))
