"""One raw file, checked and whole, and the record of where it came from."""

from incomelens.common.jobs import job
from incomelens.sources.fetching.fetch import fetch_file
from incomelens.sources.fetching.origins import Places
from incomelens.sources.fetching.records import write_record
from incomelens.sources.fetching.registry import load_registry

with job(snakemake.log[0]):
    registry = load_registry(snakemake.input.registry)
    retrieval = fetch_file(
        registry.file(snakemake.wildcards.source, snakemake.wildcards.file),
        snakemake.output.file,
        places=Places(**snakemake.params.places),
    )
    write_record(retrieval, snakemake.output.record)
