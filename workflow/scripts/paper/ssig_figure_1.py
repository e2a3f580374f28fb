"""Fig. 1: the twelve inputs of SSIG, one map each."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.paper.ssig_figures import figure_1, figure_1_table
from incomelens.paper.style import save_figure

with job(snakemake.log[0], threads=snakemake.threads):
    districts = read_table(snakemake.input.districts)
    write_table(figure_1_table(districts), snakemake.output.table)
    figure = figure_1(districts, level=snakemake.params.level, levels=snakemake.params.levels)
    save_figure(figure, snakemake.output.pdf, snakemake.output.png)
