"""The claims ledger: every qualitative claim of the aerial paper against this study's tables."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.paper.topology_ledger import aerial_claims_table, aerial_ledger

with job(snakemake.log[0], threads=snakemake.threads):
    names, schemes = snakemake.params.names, snakemake.params.schemes
    judged = aerial_ledger(
        dict(zip(schemes, map(read_table, snakemake.input.h0), strict=True)),
        dict(zip(schemes, map(read_table, snakemake.input.h1), strict=True)),
        dict(zip(names, map(read_table, snakemake.input.probabilities), strict=True)),
        dict(zip(names, map(read_table, snakemake.input.gains), strict=True)),
        dict(zip(snakemake.params.places, map(read_table, snakemake.input.summary), strict=True)),
        names=names,
    )
    table = aerial_claims_table(judged)
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
