"""How alike class ratios come out again, over all probed cities."""

from incomelens.cells.urban_classes import use_land_use_list
from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.topology.stability import stability_summary

with job(snakemake.log[0], threads=snakemake.params.threads):
    use_land_use_list(snakemake.params.classes)
    tables = map(read_table, snakemake.input.stabilities)
    summary = stability_summary(dict(zip(snakemake.params.cities, tables, strict=True)))
    write_table(summary, snakemake.output.stability)
