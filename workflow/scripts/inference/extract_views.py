"""What a frozen backbone sees of every tile of a city, for all heads that are trained on it."""

from incomelens.common.jobs import job
from incomelens.inference.frozen_views import frozen_views, write_views
from incomelens.tiles.store import open_tiles

with job(snakemake.log[0], threads=snakemake.params.threads):
    tiles = open_tiles(snakemake.input.index, snakemake.input.shards)
    views = frozen_views(
        tiles,
        sorted(tiles.cell_ids),
        network=snakemake.params.network,
        scaling=snakemake.params.scaling,
        batch_size=snakemake.params.batch_size,
    )
    write_views(views, snakemake.output.views)
