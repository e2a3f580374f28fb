"""Out-of-fold scores and reliability of all networks of all synthetic cities."""

import pandas as pd

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.inference.network_scores import network_reliability, network_scores, score_summary

with job(snakemake.log[0], threads=snakemake.params.threads):
    tables = map(read_table, snakemake.input.predictions)
    predictions = dict(zip(map(tuple, snakemake.params.trained), tables, strict=True))
    scores = network_scores(predictions, pd.DataFrame(snakemake.params.worlds))
    write_table(scores, snakemake.output.scores)
    write_table(score_summary(scores), snakemake.output.summary)
    write_table(network_reliability(predictions), snakemake.output.reliability)
