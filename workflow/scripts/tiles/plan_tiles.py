"""The orthophotos that a city needs, unpacked, and which shard each of its cells is cut in."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.sources.readers.orthophotos import extract_orthophotos, list_orthophotos
from incomelens.tiles.plan import (
    check_cover,
    needed_orthophotos,
    plan_shards,
    resampling_margin,
)
from incomelens.tiles.squares import tile_squares

with job(snakemake.log[0], threads=snakemake.params.threads):
    params = snakemake.params
    cells = tile_squares(read_table(snakemake.input.cells), side_m=params.side_m)
    delivered = list_orthophotos(
        snakemake.input.imagery,
        reader=params.imagery["reader"],
        crs=params.imagery.get("crs"),
        bands=params.imagery.get("bands"),
    )
    check_cover(cells, delivered, max_void_share=params.max_void_share)
    margin = resampling_margin(cells, tile_px=params.tile_px)
    listing = needed_orthophotos(cells, delivered, margin_m=margin)
    plan = plan_shards(cells, listing, n_shards=params.n_shards)
    extracted = extract_orthophotos(
        listing, snakemake.output.orthophotos, bands=params.imagery.get("bands")
    )
    write_table(extracted, snakemake.output.listing)
    write_table(plan, snakemake.output.plan)
