"""Table 1: data sets of the aerial study, ours beside the paper's."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.paper.aerial_tables import City, table_1
from incomelens.paper.reference import read_reference

with job(snakemake.log[0], threads=snakemake.threads):
    paths = zip(
        snakemake.input.cells,
        snakemake.input.land_use,
        snakemake.input.plan,
        snakemake.input.index,
        strict=True,
    )
    table = table_1(
        {
            city: City(name, *map(read_table, of_city))
            for (city, name), of_city in zip(snakemake.params.names.items(), paths, strict=True)
        },
        snakemake.params.sources,
        read_reference(snakemake.input.reference),
        tile_px=snakemake.params.tile_px,
    )
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
