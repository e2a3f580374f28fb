"""Fig. 1: aerial image, income and land use of the same square of a city."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.paper.aerial_figures import figure_1, figure_1_table
from incomelens.paper.draw.style import save_figure
from incomelens.tiles.store import open_tiles

with job(snakemake.log[0], threads=snakemake.threads):
    cells, index = read_table(snakemake.input.cells), read_table(snakemake.input.index)
    write_table(figure_1_table(cells, index), snakemake.output.table)
    figure = figure_1(
        cells,
        read_table(snakemake.input.land_use),
        index,
        open_tiles(index, snakemake.input.shards, threads=snakemake.threads),
        city=snakemake.params.name,
    )
    save_figure(figure, snakemake.output.pdf, snakemake.output.png)
