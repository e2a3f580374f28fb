"""Make one table or figure of a paper, by the module that its rule names."""

from incomelens.common.jobs import job
from incomelens.paper.exhibit import make

with job(snakemake.log[0], threads=snakemake.threads):
    params = dict(snakemake.params.items())
    exhibit = make(
        params["module"],
        inputs=dict(snakemake.input.items()),
        settings={name: value for name, value in params.items() if name not in ("module", "code")},
        offered={**dict(snakemake.wildcards.items()), "threads": snakemake.threads},
    )
    exhibit.write(dict(snakemake.output.items()))
