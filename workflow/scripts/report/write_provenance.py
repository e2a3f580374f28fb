"""How the study came about: versions, configuration, code, seeds, sources, time and memory."""

import pandas as pd

from incomelens.common.jobs import job
from incomelens.report.benchmarks import job_costs
from incomelens.report.provenance import provenance, write_provenance

with job(snakemake.log[0], threads=snakemake.threads):
    told = provenance(
        config=snakemake.params.config,
        jobs=job_costs(snakemake.params.folder, snakemake.params.benchmarks),
        manifest=pd.read_csv(snakemake.input.manifest),
        drawing=snakemake.params.drawing,
        root=snakemake.params.root,
    )
    write_provenance(told, snakemake.output.provenance)
