# tiles: the aerial image and the land use of every cell, on one pixel grid.
#
# A city is cut in shards, jobs of their own: each orthophoto is decoded in one of them.


use rule scripted as plan_tiles with:
    input:
        checked=ancient(RAW.checked("aerial")),
        cells=FILES.cells,
        imagery=lambda wildcards: RAW.of_city(wildcards.city, "imagery"),
    output:
        orthophotos=directory("<results>/tiles/{city}/orthophotos"),
        listing="<results>/tiles/{city}/orthophotos.parquet",
        plan="<results>/tiles/{city}/plan.parquet",
    pathvars:
        job="tiles/plan_tiles/{city}",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(60, per_input_mb=1 / 200),
    params:
        **run_by("tiles/plan_tiles"),
        imagery=lambda wildcards: config["city"][wildcards.city]["imagery"],
        n_shards=lambda wildcards: config["city"][wildcards.city]["shards"],
        max_void_share=config["tiles"]["max_void_share"],
        tile_px=config["tiles"]["tile_px"],
        side_m=config["tiles"]["side_m"],


use rule scripted as cut_tiles with:
    input:
        cells=FILES.cells,
        land_use=FILES.land_use,
        orthophotos="<results>/tiles/{city}/orthophotos",
        listing="<results>/tiles/{city}/orthophotos.parquet",
        plan="<results>/tiles/{city}/plan.parquet",
    output:
        shard=directory("<results>/tiles/{city}/{shard}.zarr"),
    pathvars:
        job="tiles/cut_tiles/{city}/{shard}",
    resources:
        mem_mb=memory(2000),
        runtime=minutes(60),
    params:
        **run_by("tiles/cut_tiles"),
        imagery=lambda wildcards: config["city"][wildcards.city]["imagery"],
        tile_px=config["tiles"]["tile_px"],
        side_m=config["tiles"]["side_m"],


use rule scripted as index_tiles with:
    input:
        cells=FILES.cells,
        plan="<results>/tiles/{city}/plan.parquet",
        shards=lambda wildcards: FILES.shards(wildcards.city),
    output:
        index="<results>/tiles/{city}/index.parquet",
        shares="<results>/tiles/{city}/land_use_shares.parquet",
        left_out="<results>/tiles/{city}/left_out.csv",
    pathvars:
        job="tiles/index_tiles/{city}",
    resources:
        mem_mb=memory(2000),
        runtime=minutes(60),
    params:
        **run_by("tiles/index_tiles"),
        max_void_share=config["tiles"]["max_void_share"],
