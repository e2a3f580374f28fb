"""What the study misses, printed before anything runs."""

from incomelens.common.jobs import job
from incomelens.sources.fetching.origins import Places
from incomelens.sources.fetching.preflight import preflight
from incomelens.sources.fetching.registry import load_registry

with job(snakemake.log[0]) as log:
    report = preflight(
        load_registry(snakemake.input.registry).files(snakemake.params.sources),
        places=Places(**snakemake.params.places),
        results=snakemake.params.results,
        own_files=snakemake.params.own_files,
        results_mb=snakemake.params.results_mb,
        notes=snakemake.params.notes,
    )
    log.info("what the study needs (%s)\n%s", report.room(), report.text())
    report.raise_if_missing()
    log.info("nothing is missing")
