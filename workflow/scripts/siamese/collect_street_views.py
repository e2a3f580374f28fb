"""Photographs taken in the districts of a level, and how many each district has."""

import os

from incomelens.common.jobs import job
from incomelens.common.left_out import left_out_table
from incomelens.common.tables import read_table, write_table
from incomelens.siamese.inputs.street_view_sources import collect_street_views

with job(snakemake.log[0], threads=snakemake.params.threads):
    counts, left_out = collect_street_views(
        read_table(snakemake.input.districts),
        snakemake.input.views,
        settings=snakemake.params.settings,
        level=snakemake.wildcards.level,
        seed=snakemake.params.seed,
        environment=os.environ,
        out=snakemake.output.images,
    )
    write_table(counts, snakemake.output.counts)
    write_table(
        left_out_table(left_out, stage="siamese", of=snakemake.wildcards.level),
        snakemake.output.left_out,
    )
