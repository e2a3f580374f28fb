"""The study as an RO-Crate: its folder, with what it was made from, by and of."""

import json
import shutil
from pathlib import Path

from incomelens.common.jobs import job
from incomelens.report.ro_crate import ro_crate, write_ro_crate

with job(snakemake.log[0], threads=snakemake.threads):
    folder = Path(snakemake.output.crate).parent
    shutil.copyfile(snakemake.input.workflow, snakemake.output.workflow)
    crate = ro_crate(
        json.loads(Path(snakemake.input.provenance).read_text(encoding="utf-8")),
        workflow=Path(snakemake.output.workflow).name,
        results=[Path(name).relative_to(folder).as_posix() for name in snakemake.params.results],
        folder=folder,
    )
    write_ro_crate(crate, snakemake.output.crate)
