"""Area of applicability: dissimilarity of every held-out district to its training districts."""

from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table
from incomelens.ssig.applicability import measure_applicability
from incomelens.ssig.features import income_sample

task = snakemake.wildcards

with job(snakemake.log[0], threads=snakemake.params.threads):
    applicability = measure_applicability(
        income_sample(
            read_table(snakemake.input.districts),
            read_table(snakemake.input.folds),
            income=task.income,
        ),
        seed=job_seed(snakemake.params.seed, snakemake.rule, task.level, task.income, task.scheme),
    )
    applicability = applicability.assign(level=task.level, income=task.income, scheme=task.scheme)
    write_table(applicability, snakemake.output.applicability)
