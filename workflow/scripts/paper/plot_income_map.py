"""Map of one income over the districts of one level."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.paper.ssig_figures import income_map, income_map_table
from incomelens.paper.style import save_figure

with job(snakemake.log[0], threads=snakemake.threads):
    districts = read_table(snakemake.input.districts)
    income = snakemake.wildcards.income
    write_table(income_map_table(districts, income=income), snakemake.output.table)
    figure = income_map(
        districts,
        level=snakemake.wildcards.level,
        income=income,
        levels=snakemake.params.levels,
    )
    save_figure(figure, snakemake.output.pdf, snakemake.output.png)
