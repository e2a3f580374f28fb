"""Which cells are kept, where their tiles lie, and how much of each class they show."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.tiles.class_shares import class_shares
from incomelens.tiles.index import build_index
from incomelens.tiles.store import open_tiles

with job(snakemake.log[0], threads=snakemake.params.threads):
    index = build_index(
        read_table(snakemake.input.cells),
        read_table(snakemake.input.plan),
        snakemake.input.shards,
        max_void_share=snakemake.params.max_void_share,
    )
    shares = class_shares(open_tiles(index, snakemake.input.shards))
    write_table(index, snakemake.output.index)
    write_table(shares, snakemake.output.shares)
