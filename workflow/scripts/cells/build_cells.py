"""The census cells of a city with their income, and its land use in 19 classes."""

from incomelens.cells.build import build_cells
from incomelens.cells.findings import cell_findings
from incomelens.cells.land_use import merge_land_use
from incomelens.common.jobs import job
from incomelens.common.labels import Label
from incomelens.common.left_out import left_out_table
from incomelens.common.tables import write_table
from incomelens.sources.readers.incomes import read_incomes
from incomelens.sources.readers.urban_atlas import read_urban_atlas

with job(snakemake.log[0], threads=snakemake.params.threads):
    delivery = read_urban_atlas(snakemake.input.land_use[0], city=snakemake.params.city_in_delivery)
    label = Label.of(snakemake.params.label)
    grid = read_incomes(
        snakemake.input.income[0],
        delivery.boundary,
        reader=snakemake.params.reader,
        options=snakemake.params.reader_options,
    )
    cells = build_cells(grid, delivery.boundary, label=label, **snakemake.params.settings)
    land_use = merge_land_use(delivery.polygons, bounds=tuple(cells.total_bounds))
    findings = cell_findings(cells, delivery.boundary, land_use, label=label)
    write_table(
        left_out_table(findings, stage="cells", of=snakemake.wildcards.city),
        snakemake.output.left_out,
    )
    write_table(cells, snakemake.output.cells)
    write_table(land_use.polygons, snakemake.output.land_use)
