"""How the study came about: versions, configuration, code, seed, sources, time and memory."""

import pandas as pd

from incomelens.common.jobs import job
from incomelens.report.provenance import job_costs, provenance, write_provenance

with job(snakemake.log[0], threads=snakemake.threads):
    params = snakemake.params
    told = provenance(
        config=params.config,
        jobs=job_costs(params.benchmarks, others=params.others),
        manifest=pd.read_csv(snakemake.input.manifest),
        root=params.root,
    )
    write_provenance(told, snakemake.output.provenance)
