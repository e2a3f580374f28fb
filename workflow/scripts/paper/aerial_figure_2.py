"""Fig. 2: confusion matrices of all cities, and their scores beside the paper's."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.paper.draw.style import save_figure
from incomelens.paper.inference_confusion import confusion_figure, confusion_table
from incomelens.paper.inference_scores import confusion_scores, scores_of_cities
from incomelens.paper.reference import read_reference

with job(snakemake.log[0], threads=snakemake.threads):
    places, names = snakemake.params.places, snakemake.params.names
    confusion = confusion_table([*map(read_table, snakemake.input.confusion)], places)
    scores = scores_of_cities([*map(read_table, snakemake.input.summary)], places)
    write_table(confusion, snakemake.output.table)
    figure = confusion_figure(confusion, scores, names=names)
    save_figure(figure, snakemake.output.pdf, snakemake.output.png)
    reference = read_reference(snakemake.input.reference)
    table = confusion_scores(confusion, scores, reference, names=names)
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
