"""The claims ledger: every qualitative claim of the district paper against this study's outputs."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.paper.ledger import claims_table, ledger
from incomelens.paper.reference import read_reference

with job(snakemake.log[0], threads=snakemake.threads):
    judged = ledger(
        read_table(snakemake.input.summary),
        read_table(snakemake.input.groups),
        read_table(snakemake.input.variables),
        read_table(snakemake.input.comparison),
        read_reference(snakemake.input.reference),
        # One table, or none where the study has no modality.
        baselines=next(map(read_table, snakemake.input.baselines), None),
    )
    table = claims_table(judged)
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
