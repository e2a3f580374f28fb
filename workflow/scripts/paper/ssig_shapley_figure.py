"""Figs. 2-5: what predicts income, for one level and one income."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.paper.shapley_figures import (
    only_table,
    shapley_figure,
    shapley_figure_table,
    shapley_tables,
)
from incomelens.paper.style import save_figure

with job(snakemake.log[0], threads=snakemake.threads):
    task = {"level": snakemake.params.level, "income": snakemake.params.income}
    mode = snakemake.params.mode
    districts = read_table(only_table(snakemake.input.districts, **task, mode=mode))
    tables = shapley_tables(
        districts,
        read_table(snakemake.input.groups),
        read_table(snakemake.input.variables),
        read_table(only_table(snakemake.input.shap, **task, mode=mode)),
        **task,
        mode=mode,
    )
    table = shapley_figure_table(tables, districts, income=task["income"], mode=mode)
    write_table(table, snakemake.output.table)
    figure = shapley_figure(
        districts,
        tables.groups,
        tables.variables,
        tables.dots,
        **task,
        colours=snakemake.params.colours,
        levels=snakemake.params.levels,
    )
    save_figure(figure, snakemake.output.pdf, snakemake.output.png)
