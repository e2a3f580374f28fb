"""Pairwise Shapley interactions of one level and income, means over a sample of districts."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.shapley.runs import Settings, sampled_interactions
from incomelens.shapley.tables import interactions_table
from incomelens.shapley.task import load_tasks

files, params = snakemake.input, snakemake.params

with job(snakemake.log[0], threads=params.threads):
    settings = Settings(**params.computed, threads=params.threads)
    tasks = load_tasks(
        files.arrays,
        files.descriptions,
        params.tasks,
        districts=list(map(read_table, files.districts)),
        **params.explained,
    )
    for task, output in zip(tasks, snakemake.output.interactions, strict=True):
        rows = task.sample(params.districts, seed=params.seed)
        interactions = sampled_interactions(task, rows, settings)
        players = {game: task.players(game).names for game in interactions}
        write_table(interactions_table(interactions, players), output)
