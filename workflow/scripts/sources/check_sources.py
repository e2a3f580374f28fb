"""Nothing that a part of the study needs is missing: the list, or an error with the list."""

from incomelens.common.files import whole_file
from incomelens.common.jobs import job
from incomelens.sources.fetching.origins import Places
from incomelens.sources.fetching.preflight import preflight
from incomelens.sources.fetching.registry import load_registry

with job(snakemake.log[0]) as log:
    checks = snakemake.params.checks
    report = preflight(
        load_registry(snakemake.params.registry).files(checks["sources"]),
        places=Places(**checks["places"]),
        results=snakemake.params.results,
        own_files=checks["own_files"],
        results_mb=checks["results_mb"],
        notes=checks["notes"],
    )
    report.raise_if_missing()
    for note in report.notes:
        log.info("%s", note)
    with whole_file(snakemake.output.report) as beside:
        beside.write_text(report.text(), encoding="utf-8")
