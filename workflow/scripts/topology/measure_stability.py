"""How alike class ratios come out on other folds, from another network, by another method."""

from incomelens.cells.urban_classes import use_land_use_list
from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.topology.stability import stability_table

with job(snakemake.log[0], threads=snakemake.params.threads):
    use_land_use_list(snakemake.params.classes)
    networks = snakemake.params.networks
    stability = stability_table(
        dict(zip(networks, map(read_table, snakemake.input.attributions), strict=True)),
        read_table(snakemake.input.predictions),
        read_table(snakemake.input.folds),
        least_tiles=snakemake.params.least_tiles,
    )
    write_table(stability, snakemake.output.stability)
