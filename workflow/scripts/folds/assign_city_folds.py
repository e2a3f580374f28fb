"""Income class and fold of every kept cell of a city, under each scheme."""

from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table
from incomelens.folds.cells import assign_city_folds
from incomelens.folds.income_classes import class_table, income_classes
from incomelens.folds.kept import kept_cells

with job(snakemake.log[0], threads=snakemake.params.threads):
    cells = kept_cells(read_table(snakemake.input.cells), read_table(snakemake.input.index))
    for scheme, path in zip(snakemake.params.schemes, snakemake.output.folds, strict=True):
        folds = assign_city_folds(
            cells,
            scheme=scheme,
            n_folds=snakemake.params.n_folds,
            block_km=snakemake.params.block_km,
            group=snakemake.params.group,
            seed=job_seed(snakemake.params.seed, snakemake.rule, snakemake.wildcards.city),
        )
        write_table(folds, path)
    classes = class_table(income_classes(cells["income"].to_numpy()))
    write_table(classes, snakemake.output.classes)
