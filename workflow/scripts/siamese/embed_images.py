"""Embeddings of one modality's images at one level, by a backbone that learns nothing."""

from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import write_table
from incomelens.siamese.inputs.images import DistrictImages
from incomelens.siamese.models.embeddings import embed_images

with job(snakemake.log[0], threads=snakemake.params.threads):
    embeddings = embed_images(
        DistrictImages(snakemake.input.images),
        **snakemake.params.embedding,
        device=snakemake.params.device,
        seed=job_seed(snakemake.params.seed, snakemake.rule),
    )
    write_table(embeddings, snakemake.output.embeddings)
