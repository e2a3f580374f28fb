"""How likely a tile with an urban class is of low or high SES, alone and beside another class."""

from typing import Any

from incomelens.cells.urban_classes import use_land_use_list
from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table
from incomelens.topology.pair_tables import gain_table
from incomelens.topology.tables import probability_table

with job(snakemake.log[0], threads=snakemake.params.threads):
    use_land_use_list(snakemake.params.classes)
    tables = [
        read_table(path)
        for path in (snakemake.input.shares, snakemake.input.predictions, snakemake.input.folds)
    ]
    drawn: dict[str, Any] = {
        "n_resamples": snakemake.params.n_resamples,
        "seed": job_seed(snakemake.params.seed, snakemake.rule, *snakemake.wildcards),
    }
    write_table(probability_table(*tables, **drawn), snakemake.output.probabilities)
    write_table(gain_table(*tables, **drawn), snakemake.output.gains)
