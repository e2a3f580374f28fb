"""What each modality is worth to the image-and-price baselines: a table and a figure."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.paper.modality_ablation import ablation_figure, ablation_table
from incomelens.paper.style import save_figure

with job(snakemake.log[0], threads=snakemake.threads):
    ablation = read_table(snakemake.input.ablation)
    levels = snakemake.params.levels
    table = ablation_table(ablation, levels=levels)
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
    figure = ablation_figure(ablation, levels=levels)
    save_figure(figure, snakemake.output.pdf, snakemake.output.png)
