"""Out-of-fold predictions of the image-and-price baselines for one task and scheme (Table 3)."""

from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table
from incomelens.siamese.cross_validation import with_ablation
from incomelens.siamese.study import settings_of, shown_by
from incomelens.ssig.features import income_sample

task, section = snakemake.wildcards, snakemake.params.siamese
seed = job_seed(snakemake.params.seed, snakemake.rule, task.level, task.income, task.scheme)

with job(snakemake.log[0], threads=snakemake.params.threads):
    sample = income_sample(
        read_table(snakemake.input.districts),
        read_table(snakemake.input.folds),
        income=task.income,
    )
    predictions = with_ablation(
        sample,
        shown_by(
            sample,
            section,
            modalities=snakemake.params.modalities,
            prices=snakemake.input.prices,
            embeddings=snakemake.input.embeddings,
            images=snakemake.input.images,
            seed=seed,
        ),
        models=section["models"],
        ablation=section["ablation"],
        modalities=snakemake.params.modalities,
        scheme=task.scheme,
        settings=settings_of(section, snakemake.params.approximation),
        seed=seed,
    )
    predictions = predictions.assign(level=task.level, income=task.income, scheme=task.scheme)
    write_table(predictions, snakemake.output.predictions)
