"""Table S2: data sources and time frames, the paper's and this study's."""

from pathlib import Path

import yaml

from incomelens.common.jobs import job
from incomelens.paper.reference import read_reference
from incomelens.paper.ssig_tables import table_s2

with job(snakemake.log[0], threads=snakemake.threads):
    table = table_s2(
        read_reference(snakemake.input.reference),
        yaml.safe_load(Path(snakemake.input.sources).read_text(encoding="utf-8")),
        snakemake.params.districts,
    )
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
