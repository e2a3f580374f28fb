"""Nothing that a part of the study needs is missing: the list, or an error with the list."""

from incomelens.common.files import whole_file
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
    report.raise_if_missing()
    for note in report.notes:
        log.info("%s", note)
    with whole_file(snakemake.output.report) as beside:
        beside.write_text(report.text(), encoding="utf-8")
