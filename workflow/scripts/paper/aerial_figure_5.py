"""Fig. 5: activation ratios of urban classes in one city, and where low and high SES live."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.paper.draw.style import save_figure
from incomelens.paper.topology_names import H0_COLUMNS, by_scheme, of_city
from incomelens.paper.topology_ratios import ratios_figure

with job(snakemake.log[0], threads=snakemake.threads):
    tables = dict(zip(snakemake.params.schemes, map(read_table, snakemake.input.h0), strict=True))
    ratios = of_city(by_scheme(tables, H0_COLUMNS, "H0"), snakemake.wildcards.city, "H0")
    probabilities = read_table(snakemake.input.probabilities)
    write_table(ratios, snakemake.output.table)
    write_table(probabilities, snakemake.output.probabilities)
    figure = ratios_figure(ratios, probabilities, city=snakemake.params.name)
    save_figure(figure, snakemake.output.pdf, snakemake.output.png)
