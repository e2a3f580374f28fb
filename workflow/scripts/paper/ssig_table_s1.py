"""Table S1: variables of earlier models, as far as the paper's text names them."""

from incomelens.common.jobs import job
from incomelens.paper.reference import read_reference
from incomelens.paper.ssig_tables import table_s1

with job(snakemake.log[0], threads=snakemake.threads):
    table = table_s1(read_reference(snakemake.input.reference))
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
