"""Fig. 4: one tile, its maps for the poorest and the wealthiest class, and its polygons."""

from incomelens.attribution.kept_maps import read_kept_maps
from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.paper.draw.style import save_figure
from incomelens.paper.topology_maps import tile_figure, tile_table
from incomelens.tiles.store import open_tiles

with job(snakemake.log[0], threads=snakemake.threads):
    kept = read_kept_maps(snakemake.input.maps[0])
    table = tile_table(kept, read_table(snakemake.input.land_use), cell_id=kept.cell_ids[0])
    write_table(table.drop(columns="geometry"), snakemake.output.table)
    tiles = open_tiles(snakemake.input.index, snakemake.input.shards, threads=snakemake.threads)
    figure = tile_figure(kept, table, tiles, city=snakemake.params.name)
    save_figure(figure, snakemake.output.pdf, snakemake.output.png)
