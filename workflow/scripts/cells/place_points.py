"""Annotated points of a city, such as trees, and how many each of its cells holds."""

from incomelens.cells.points import place_points, point_counts
from incomelens.common.jobs import job
from incomelens.common.left_out import left_out_table
from incomelens.common.tables import read_table, write_table
from incomelens.sources.readers.points import read_points

with job(snakemake.log[0], threads=snakemake.params.threads):
    cells = read_table(snakemake.input.cells)
    files = dict(zip(snakemake.params.kinds, snakemake.input.points, strict=True))
    points, findings = place_points(
        {kind: read_points(file, **snakemake.params.options[kind]) for kind, file in files.items()},
        cells,
        radius_m=snakemake.params.radius_m,
    )
    write_table(points, snakemake.output.points)
    write_table(point_counts(points, cells), snakemake.output.counts)
    write_table(
        left_out_table(findings, stage="cells", of=snakemake.wildcards.city),
        snakemake.output.left_out,
    )
