"""Price vector of every district of a level, filled from the nearest sales where it has few."""

from incomelens.common.jobs import job
from incomelens.common.left_out import left_out_table
from incomelens.common.tables import read_table, write_table
from incomelens.siamese.inputs.prices import (
    district_prices,
    filled_districts,
    sales_by_district,
)

with job(snakemake.log[0], threads=snakemake.params.threads):
    districts = read_table(snakemake.input.districts)
    sales, left_out = sales_by_district(
        read_table(snakemake.input.sales), districts, level=snakemake.wildcards.level
    )
    prices = district_prices(districts, sales, least_sales=snakemake.params.least_sales)
    write_table(prices, snakemake.output.prices)
    write_table(
        left_out_table(
            [*left_out, *filled_districts(prices)], stage="siamese", of=snakemake.wildcards.level
        ),
        snakemake.output.left_out,
    )
