"""Map of the observed income classes of one city."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.paper.aerial_figures import income_class_map, income_class_map_table
from incomelens.paper.draw.style import save_figure

with job(snakemake.log[0], threads=snakemake.threads):
    cells, folds = read_table(snakemake.input.cells), read_table(snakemake.input.folds)
    write_table(income_class_map_table(cells, folds), snakemake.output.table)
    figure = income_class_map(
        cells,
        read_table(snakemake.input.land_use),
        folds,
        read_table(snakemake.input.classes),
        city=snakemake.params.name,
    )
    save_figure(figure, snakemake.output.pdf, snakemake.output.png)
