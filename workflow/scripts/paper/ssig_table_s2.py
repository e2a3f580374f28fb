"""Table S2: data sources and time frames, the paper's and this study's."""

from incomelens.common.jobs import job
from incomelens.paper.reference import read_reference
from incomelens.paper.ssig_tables import table_s2

with job(snakemake.log[0], threads=snakemake.threads):
    table = table_s2(
        read_reference(snakemake.input.reference),
        snakemake.params.sources,
        snakemake.params.unregistered,
    )
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
