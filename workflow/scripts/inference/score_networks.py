"""Out-of-fold scores and reliability of all networks of all synthetic cities."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.inference.network_scores import network_reliability, network_scores

with job(snakemake.log[0], threads=snakemake.params.threads):
    tables = map(read_table, snakemake.input.predictions)
    predictions = dict(zip(map(tuple, snakemake.params.trained), tables, strict=True))
    write_table(network_scores(predictions), snakemake.output.scores)
    write_table(network_reliability(predictions), snakemake.output.reliability)
