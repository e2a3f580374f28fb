"""Sales of homes at a market price, where each lies, and how many sales were left out and why."""

from incomelens.common.jobs import job
from incomelens.common.left_out import left_out_table
from incomelens.common.tables import write_table
from incomelens.siamese.inputs.sales import home_sales
from incomelens.siamese.inputs.sales_sources import read_sales

with job(snakemake.log[0], threads=snakemake.params.threads):
    settings = snakemake.params.settings
    kept, left_out = home_sales(
        read_sales(snakemake.input.sales, snakemake.input.get("lots", ()), settings=settings),
        least_price=settings["least_price"],
        outlier_mads=settings["outlier_mads"],
    )
    write_table(kept, snakemake.output.sales)
    write_table(
        left_out_table(left_out, stage="siamese", of="all levels"),
        snakemake.output.left_out,
    )
