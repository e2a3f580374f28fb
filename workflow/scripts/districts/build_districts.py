"""The districts of one level: incomes, the ten variables, centroids and polygons."""

from incomelens.common.jobs import job
from incomelens.common.tables import write_table
from incomelens.districts.build import build_districts, odd_districts
from incomelens.districts.sizes import Sizes, check_sizes

with job(snakemake.log[0], threads=snakemake.params.threads):
    named = {"level": snakemake.wildcards.level, "incomes": snakemake.params.incomes}
    districts = build_districts(
        dict(snakemake.input.items()), settings=snakemake.params.settings, **named
    )
    write_table(odd_districts(districts, **named), snakemake.output.left_out)
    check_sizes(districts, Sizes(**snakemake.params.sizes), **named)
    write_table(districts, snakemake.output.districts)
