"""The name that Snakemake gives to every script, for those who check types."""

from typing import Any

class Job:
    """What a rule hands to its script; which files and parameters those are, the rule says."""

    rule: str
    threads: int
    input: Any
    output: Any
    params: Any
    wildcards: Any
    log: Any

snakemake: Job
