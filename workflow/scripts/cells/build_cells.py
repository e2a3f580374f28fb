"""The cells of a city with their income, and its land use in the classes of the study's list."""

from incomelens.cells.build import build_cells
from incomelens.cells.findings import cell_findings
from incomelens.cells.land_use import merge_land_use
from incomelens.cells.urban_classes import use_land_use_list
from incomelens.common.jobs import job
from incomelens.common.labels import Label
from incomelens.common.left_out import left_out_table
from incomelens.common.tables import write_table
from incomelens.sources.readers.incomes import read_incomes
from incomelens.sources.readers.land_use import open_land_use

with job(snakemake.log[0], threads=snakemake.params.threads):
    use_land_use_list(snakemake.params.classes)
    label = Label.of(snakemake.params.label)
    delivery = open_land_use(
        snakemake.input.land_use,
        boundary=snakemake.input.boundary,
        **snakemake.params.land_use,
    )
    grid = read_incomes(
        snakemake.input.income[0],
        reader=snakemake.params.reader,
        bounds=delivery.bounds("EPSG:3035"),
        options=snakemake.params.reader_options,
    )
    cells = build_cells(grid, delivery.boundary, label=label, **snakemake.params.settings)
    land_use = merge_land_use(delivery.near(cells.geometry), bounds=tuple(cells.total_bounds))
    findings = cell_findings(cells, delivery.boundary, land_use, label=label)
    write_table(
        left_out_table(findings, stage="cells", of=snakemake.wildcards.city),
        snakemake.output.left_out,
    )
    write_table(cells, snakemake.output.cells)
    write_table(land_use.polygons, snakemake.output.land_use)
