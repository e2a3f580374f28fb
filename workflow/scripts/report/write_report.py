"""One page that shows everything of a study and needs no network."""

import json
from pathlib import Path

from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.paper.deviations import read_deviations
from incomelens.report.maps import city_maps, district_maps
from incomelens.report.page import report_page, write_page
from incomelens.report.published import published

given, params = snakemake.input, snakemake.params

with job(snakemake.log[0], threads=1):
    maps = city_maps(
        params.cities,
        params.schemes,
        cells=given.cells,
        predictions=given.predictions,
        attribution=given.attribution,
    )
    maps += district_maps(
        params.levels,
        params.predicted,
        params.explained,
        mode=params.mode,
        districts=given.districts,
        predictions=given.gps,
        shapley=given.shapley,
    )
    page = report_page(
        [published(told) for told in params.published],
        unasked=params.unasked,
        maps=maps,
        left_out=read_table(given.left_out, text=("of", "example")),
        deviations=read_deviations(given.deviations),
        provenance=json.loads(Path(given.provenance).read_text(encoding="utf-8")),
        folder=Path(snakemake.output.page).parent,
        threads=snakemake.threads,
    )
    write_page(page, snakemake.output.page)
