"""H0 and H1 over all cities: q values, decisions, joint tests."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.topology.hypothesis_tables import h0_table, h1_table

with job(snakemake.log[0], threads=snakemake.params.threads):
    cities = snakemake.params.cities
    ratios = dict(zip(cities, map(read_table, snakemake.input.ratios), strict=True))
    coactivations = dict(zip(cities, map(read_table, snakemake.input.coactivations), strict=True))
    write_table(h0_table(ratios), snakemake.output.h0)
    write_table(h1_table(coactivations), snakemake.output.h1)
