"""What the networks of one city lose when an urban class of a tile loses its texture."""

from pathlib import Path

from incomelens.attribution.occlusion import occlusion_parts
from incomelens.attribution.table import write_parts
from incomelens.cells.urban_classes import use_land_use_list
from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.tiles.store import open_tiles

with job(snakemake.log[0], threads=snakemake.params.threads):
    use_land_use_list(snakemake.params.classes)
    parts = occlusion_parts(
        dict(enumerate(Path(weights).parent for weights in snakemake.input.weights)),
        open_tiles(snakemake.input.index, snakemake.input.shards),
        read_table(snakemake.input.folds),
        read_table(snakemake.input.predictions),
        batch_size=snakemake.params.batch_size,
    )
    write_parts(parts, dict(snakemake.output.items()))
