"""Which classes the network of every city relies on, by method and SES."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.topology.reliance import reliance_table

with job(snakemake.log[0], threads=snakemake.params.threads):
    given = [
        dict(zip(snakemake.params.cities, map(read_table, paths), strict=True))
        for paths in (
            snakemake.input.ratios,
            snakemake.input.occlusions,
            snakemake.input.shuffled,
        )
    ]
    write_table(reliance_table(*given), snakemake.output.reliance)
