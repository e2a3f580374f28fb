"""Out-of-fold predictions of the reference models for one task and scheme."""

from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table
from incomelens.sources.readers.embedding_tables import read_embeddings
from incomelens.ssig.features import income_sample
from incomelens.ssig.reference_folds import cross_validate_references

task = snakemake.wildcards

with job(snakemake.log[0], threads=snakemake.params.threads):
    districts = read_table(snakemake.input.districts)
    predictions = cross_validate_references(
        income_sample(
            districts,
            read_table(snakemake.input.folds),
            income=task.income,
        ),
        names=snakemake.params.references,
        embeddings=read_embeddings(
            districts["geoid"],
            tables=snakemake.input.embeddings,
            settings=snakemake.params.embeddings,
        ),
        seed=job_seed(snakemake.params.seed, snakemake.rule, task.level, task.income, task.scheme),
    )
    predictions = predictions.assign(level=task.level, income=task.income, scheme=task.scheme)
    write_table(predictions, snakemake.output.predictions)
