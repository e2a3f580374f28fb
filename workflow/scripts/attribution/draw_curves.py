"""Deletion and insertion curves on held-out tiles of one city."""

from pathlib import Path

from incomelens.attribution.probes import curve_table
from incomelens.cells.urban_classes import use_land_use_list
from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table
from incomelens.tiles.store import open_tiles

with job(snakemake.log[0], threads=snakemake.params.threads):
    use_land_use_list(snakemake.params.classes)
    names = snakemake.wildcards
    curves = curve_table(
        dict(enumerate(Path(weights).parent for weights in snakemake.input.weights)),
        open_tiles(snakemake.input.index, snakemake.input.shards),
        read_table(snakemake.input.predictions),
        seed=job_seed(snakemake.params.seed, snakemake.rule, *names),
        **snakemake.params.settings,
    )
    write_table(curves, snakemake.output.curves)
