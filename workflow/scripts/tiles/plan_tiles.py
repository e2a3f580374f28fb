"""The orthophotos that a city needs, unpacked, and which shard each of its cells is cut in."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.sources.readers.orthophotos import extract_orthophotos, list_orthophotos
from incomelens.tiles.plan import check_cover, needed_orthophotos, plan_shards

with job(snakemake.log[0], threads=snakemake.params.threads):
    cells = read_table(snakemake.input.cells)
    delivered = list_orthophotos(
        snakemake.input.imagery,
        reader=snakemake.params.imagery["reader"],
        crs=snakemake.params.imagery.get("crs"),
        bands=snakemake.params.imagery.get("bands"),
    )
    check_cover(cells, delivered, max_void_share=snakemake.params.max_void_share)
    listing = needed_orthophotos(cells, delivered)
    plan = plan_shards(cells, listing, n_shards=snakemake.params.n_shards)
    extracted = extract_orthophotos(
        listing, snakemake.output.orthophotos, bands=snakemake.params.imagery.get("bands")
    )
    write_table(extracted, snakemake.output.listing)
    write_table(plan, snakemake.output.plan)
