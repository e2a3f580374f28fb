"""What the networks of one city lose when an urban class of a tile loses its texture."""

from pathlib import Path

from incomelens.attribution.occlusion import occlusion_table
from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.tiles.store import open_tiles

with job(snakemake.log[0], threads=snakemake.params.threads):
    table = occlusion_table(
        dict(enumerate(Path(weights).parent for weights in snakemake.input.weights)),
        open_tiles(snakemake.input.index, snakemake.input.shards),
        read_table(snakemake.input.folds),
        batch_size=snakemake.params.batch_size,
    )
    write_table(table, snakemake.output.occlusion)
