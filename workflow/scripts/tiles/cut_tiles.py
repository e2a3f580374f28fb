"""Image and land use of the cells of one shard, cut from the orthophotos."""

from incomelens.cells.urban_classes import use_land_use_list
from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.tiles.shards import cut_shard

with job(snakemake.log[0], threads=snakemake.params.threads):
    use_land_use_list(snakemake.params.classes)
    plan = read_table(snakemake.input.plan)
    cut_shard(
        plan[plan["shard"] == int(snakemake.wildcards.shard)],
        read_table(snakemake.input.cells),
        read_table(snakemake.input.listing),
        snakemake.input.orthophotos,
        read_table(snakemake.input.land_use),
        tile_px=snakemake.params.tile_px,
        side_m=snakemake.params.side_m,
        out=snakemake.output.shard,
        threads=snakemake.params.threads,
        bands=snakemake.params.imagery.get("bands"),
        void=snakemake.params.imagery.get("void_colours"),
    )
