"""One page that shows everything of a study and needs no network."""

import json
from pathlib import Path

from incomelens.cells.urban_classes import use_land_use_list
from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.paper.deviations import read_deviations
from incomelens.report.exhibits import read_exhibits
from incomelens.report.map.cities import city_maps
from incomelens.report.map.districts import district_maps
from incomelens.report.page import report_page, write_page

given, params = snakemake.input, snakemake.params

with job(snakemake.log[0], threads=1):
    use_land_use_list(snakemake.params.classes)
    maps = city_maps(
        params.cities,
        params.schemes,
        cells=given.cells,
        predictions=given.predictions,
        sets=given.sets,
        ratios=given.ratios,
        labels=params.labels,
    )
    maps += district_maps(
        params.levels,
        params.predicted,
        params.explained,
        mode=params.mode,
        districts=given.districts,
        predictions=given.gps,
        applicability=given.applicability,
        coverage=given.coverage or None,
        shapley=given.shapley,
    )
    page = report_page(
        read_exhibits(given.exhibits, threads=snakemake.threads),
        unasked=params.unasked,
        maps=maps,
        left_out=read_table(given.left_out, text=("of", "example")),
        deviations=read_deviations(given.deviations),
        provenance=json.loads(Path(given.provenance).read_text(encoding="utf-8")),
        folder=Path(snakemake.output.page).parent,
    )
    write_page(page, snakemake.output.page)
