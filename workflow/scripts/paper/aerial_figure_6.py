"""Fig. 6: coactivation, plain and adjusted, and co-appearance gains in one city."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.paper.draw.style import save_figure
from incomelens.paper.reference import read_reference
from incomelens.paper.topology_heatmaps import pairs_figure, pairs_table
from incomelens.paper.topology_names import H1_COLUMNS, by_scheme, of_city

with job(snakemake.log[0], threads=snakemake.threads):
    city = snakemake.wildcards.city
    tables = dict(zip(snakemake.params.schemes, map(read_table, snakemake.input.h1), strict=True))
    table = pairs_table(
        of_city(by_scheme(tables, H1_COLUMNS, "H1"), city, "H1"),
        read_table(snakemake.input.gains),
        read_reference(snakemake.input.reference).part("aerial", "figure_6_preprint"),
        city=city,
    )
    write_table(table, snakemake.output.table)
    figure = pairs_figure(table, city=snakemake.params.name)
    save_figure(figure, snakemake.output.pdf, snakemake.output.png)
