"""Photographs taken in the districts of a level, and how many each district has."""

import os

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.siamese.street_view_sources import collect_street_views

with job(snakemake.log[0], threads=snakemake.params.threads):
    counts = collect_street_views(
        read_table(snakemake.input.districts),
        snakemake.input.views,
        settings=snakemake.params.settings,
        level=snakemake.wildcards.level,
        seed=snakemake.params.seed,
        environment=os.environ,
        out=snakemake.output.images,
    )
    write_table(counts, snakemake.output.counts)
