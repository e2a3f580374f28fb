"""Shapley values of all districts of one task, in both games (Figs. 2-5)."""

from pathlib import Path

from incomelens.common.finished_parts import FinishedParts
from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table
from incomelens.shapley.runs import Settings, explain_games
from incomelens.shapley.tables import values_description, values_table, write_description
from incomelens.shapley.task import load_tasks

names, params = dict(snakemake.wildcards.items()), snakemake.params
parts = Path(snakemake.output.values).with_suffix(".parts")

with job(snakemake.log[0], threads=params.threads):
    (task,) = load_tasks(
        [snakemake.input.arrays],
        [snakemake.input.description],
        [names],
        districts=[read_table(snakemake.input.districts)],
        **params.explained,
    )
    settings = Settings(
        **params.computed,
        threads=params.threads,
        seed=job_seed(params.seed, snakemake.rule, *names.values()),
    )
    games = explain_games(task, settings, parts=parts, code=params.code)
    write_table(values_table(task, games), snakemake.output.values)
    write_description(values_description(task, games, settings), snakemake.output.description)
    FinishedParts(parts).discard()
