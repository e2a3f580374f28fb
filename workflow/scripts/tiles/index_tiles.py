"""Which cells are kept, where their tiles lie, and how much of each class they show."""

from incomelens.cells.urban_classes import use_land_use_list
from incomelens.common.jobs import job
from incomelens.common.left_out import left_out_table
from incomelens.common.tables import read_table, write_table
from incomelens.tiles.class_shares import class_shares, unknown_land
from incomelens.tiles.index import build_index, dropped_tiles
from incomelens.tiles.store import open_tiles

with job(snakemake.log[0], threads=snakemake.params.threads):
    use_land_use_list(snakemake.params.classes)
    cells = read_table(snakemake.input.cells)
    index = build_index(
        cells,
        read_table(snakemake.input.plan),
        snakemake.input.shards,
        max_void_share=snakemake.params.max_void_share,
    )
    tiles = open_tiles(index, snakemake.input.shards)
    shares = class_shares(tiles)
    findings = [*dropped_tiles(cells, index), *unknown_land(shares, tiles.cell_ids)]
    write_table(index, snakemake.output.index)
    write_table(shares, snakemake.output.shares)
    write_table(
        left_out_table(findings, stage="tiles", of=snakemake.wildcards.city),
        snakemake.output.left_out,
    )
