"""Where every raw file of the study came from, under which licence."""

from incomelens.common.jobs import job
from incomelens.common.tables import write_table
from incomelens.sources.fetching.manifest import manifest_table
from incomelens.sources.fetching.records import read_record
from incomelens.sources.fetching.registry import load_registry

with job(snakemake.log[0]):
    manifest = manifest_table(
        map(read_record, snakemake.input.records), load_registry(snakemake.input.registry)
    )
    write_table(manifest, snakemake.output.manifest)
