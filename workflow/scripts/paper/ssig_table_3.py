"""Table 3: five-fold validation of SSIG and the baselines, ours beside the paper's."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.paper.reference import read_reference
from incomelens.paper.table_3 import table_3

with job(snakemake.log[0], threads=snakemake.threads):
    # One table, or none where the study has no modality.
    baselines = next(map(read_table, snakemake.input.baselines), None)
    table = table_3(
        read_table(snakemake.input.summary),
        read_reference(snakemake.input.reference),
        baselines,
        levels=snakemake.params.levels,
    )
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
