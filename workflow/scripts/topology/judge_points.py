"""H0 of annotated points over all cities: q values and decisions."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.topology.hypothesis_tables import h0_table

with job(snakemake.log[0], threads=snakemake.params.threads):
    tables = map(read_table, snakemake.input.ratios)
    ratios = dict(zip(snakemake.params.cities, tables, strict=True))
    write_table(h0_table(ratios), snakemake.output.points)
