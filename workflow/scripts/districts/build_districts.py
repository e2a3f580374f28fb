"""The districts of one level: incomes, the ten variables, centroids and polygons."""

from incomelens.common.jobs import job
from incomelens.common.tables import write_table
from incomelens.districts.build import build_districts
from incomelens.districts.sizes import Sizes, check_sizes

with job(snakemake.log[0], threads=snakemake.params.threads):
    districts = build_districts(
        dict(snakemake.input.items()),
        settings=snakemake.params.settings,
        level=snakemake.wildcards.level,
        incomes=snakemake.params.incomes,
    )
    check_sizes(
        districts,
        Sizes(**snakemake.params.sizes),
        level=snakemake.wildcards.level,
        incomes=snakemake.params.incomes,
    )
    write_table(districts, snakemake.output.districts)
