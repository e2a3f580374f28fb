"""Fig. 3: observed and predicted income classes of one city, and how they differ."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.paper.draw.style import save_figure
from incomelens.paper.inference_maps import prediction_maps, prediction_maps_table

with job(snakemake.log[0], threads=snakemake.threads):
    cells = read_table(snakemake.input.cells)
    predictions = map(read_table, snakemake.input.predictions)
    table = prediction_maps_table(
        cells, dict(zip(snakemake.params.schemes, predictions, strict=True))
    )
    write_table(table, snakemake.output.table)
    figure = prediction_maps(cells, table, city=snakemake.params.name)
    save_figure(figure, snakemake.output.pdf, snakemake.output.png)
