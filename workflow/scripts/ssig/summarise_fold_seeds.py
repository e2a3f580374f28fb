"""Scores over sizes of blocks: mean over seeds, spread, differences from SSIG."""

import pandas as pd

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.ssig.fold_seed_summary import summarise_fold_seeds

with job(snakemake.log[0], threads=snakemake.params.threads):
    scores = pd.concat(map(read_table, snakemake.input.scores), ignore_index=True)
    write_table(summarise_fold_seeds(scores), snakemake.output.summary)
