"""H0 of annotated points over all cities, and the second null: q values and decisions."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.topology.points import judged_points

with job(snakemake.log[0], threads=snakemake.params.threads):
    ratios, shuffled = (
        dict(zip(snakemake.params.cities, map(read_table, paths), strict=False))
        for paths in (snakemake.input.ratios, snakemake.input.shuffled)
    )
    write_table(judged_points(ratios, shuffled), snakemake.output.points)
