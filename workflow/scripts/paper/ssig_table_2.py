"""Table 2: the ten variables, as the paper names them and as the study reads them."""

from incomelens.common.jobs import job
from incomelens.paper.reference import read_reference
from incomelens.paper.ssig_tables import table_2

with job(snakemake.log[0], threads=snakemake.threads):
    table = table_2(read_reference(snakemake.input.reference), snakemake.params.districts)
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
