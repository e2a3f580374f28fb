"""Scores of the networks and the baselines of one city and scheme, with intervals."""

from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table
from incomelens.inference.evaluation import evaluate
from incomelens.inference.income_scores import income_scores

with job(snakemake.log[0], threads=snakemake.params.threads):
    cells = read_table(snakemake.input.cells)
    networks = dict(
        zip(snakemake.params.networks, map(read_table, snakemake.input.networks), strict=True)
    )
    baselines = read_table(snakemake.input.baselines).groupby("model", sort=False)
    everything = (
        networks | {model: table.drop(columns="model") for model, table in baselines},
        read_table(snakemake.input.folds),
        cells,
    )
    draws = {
        "seed": job_seed(snakemake.params.seed, snakemake.rule, *snakemake.wildcards),
        "n_resamples": snakemake.params.n_resamples,
    }
    evaluation = evaluate(*everything, **draws)
    mapped = cells[["cell_id", "geometry"]].merge(networks["main"], on="cell_id")
    write_table(mapped, snakemake.output.predictions)
    write_table(evaluation.metrics, snakemake.output.metrics)
    write_table(evaluation.summary, snakemake.output.summary)
    write_table(evaluation.comparisons, snakemake.output.comparisons)
    write_table(evaluation.confusion, snakemake.output.confusion)
    write_table(evaluation.classes, snakemake.output.classes)
    write_table(income_scores(*everything, **draws), snakemake.output.income_scores)
