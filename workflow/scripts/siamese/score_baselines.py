"""Scores of the baselines and of SSIG on own and common districts, and of each modality."""

import pandas as pd

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.siamese.ablation import score_ablation
from incomelens.siamese.scores import score_samples, summarise_samples, with_samples

with job(snakemake.log[0], threads=snakemake.params.threads):
    draws = {"resamples": snakemake.params.resamples, "seed": snakemake.params.seed}
    predicted = pd.concat(map(read_table, snakemake.input.predictions), ignore_index=True)
    ssig = pd.concat(map(read_table, snakemake.input.ssig), ignore_index=True)
    predictions = with_samples(predicted[predicted["purpose"] == "baselines"], ssig)
    write_table(score_samples(predictions), snakemake.output.scores)
    write_table(summarise_samples(predictions, **draws), snakemake.output.summary)
    ablation = score_ablation(predicted[predicted["purpose"] == "ablation"], **draws)
    write_table(ablation, snakemake.output.ablation)
