# tiles: the aerial image and the land use of every cell, on one pixel grid.
#
# A city is cut in shards, jobs of their own: each orthophoto is decoded in one of them.


include: "tiles_paths.smk"


rule plan_tiles:
    input:
        checked=ancient(checked_part("aerial")),
        cells="<results>/cells/{city}.parquet",
        imagery=lambda wildcards: city_files(wildcards.city, "imagery"),
    output:
        orthophotos=directory("<results>/tiles/{city}/orthophotos"),
        listing="<results>/tiles/{city}/orthophotos.parquet",
        plan="<results>/tiles/{city}/plan.parquet",
    log:
        "<logs>/tiles/plan_tiles/{city}.log",
    benchmark:
        "<benchmarks>/tiles/plan_tiles/{city}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(4000),
        runtime=minutes(60, per_input_mb=1 / 200),
    params:
        code=code("tiles/plan_tiles.py"),
        imagery=lambda wildcards: config["city"][wildcards.city]["imagery"],
        n_shards=lambda wildcards: config["city"][wildcards.city]["shards"],
        max_void_share=config["tiles"]["max_void_share"],
        threads=config["threads"],
    script:
        "../scripts/tiles/plan_tiles.py"


rule cut_tiles:
    input:
        cells="<results>/cells/{city}.parquet",
        land_use="<results>/cells/{city}-land_use.parquet",
        orthophotos="<results>/tiles/{city}/orthophotos",
        listing="<results>/tiles/{city}/orthophotos.parquet",
        plan="<results>/tiles/{city}/plan.parquet",
    output:
        shard=directory("<results>/tiles/{city}/{shard}.zarr"),
    log:
        "<logs>/tiles/cut_tiles/{city}/{shard}.log",
    benchmark:
        "<benchmarks>/tiles/cut_tiles/{city}/{shard}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(2000),
        runtime=minutes(60),
    params:
        code=code("tiles/cut_tiles.py"),
        imagery=lambda wildcards: config["city"][wildcards.city]["imagery"],
        tile_px=config["tiles"]["tile_px"],
        threads=config["threads"],
    script:
        "../scripts/tiles/cut_tiles.py"


rule index_tiles:
    input:
        cells="<results>/cells/{city}.parquet",
        plan="<results>/tiles/{city}/plan.parquet",
        shards=lambda wildcards: shards(wildcards.city),
    output:
        index="<results>/tiles/{city}/index.parquet",
        shares="<results>/tiles/{city}/land_use_shares.parquet",
        left_out="<results>/tiles/{city}/left_out.csv",
    log:
        "<logs>/tiles/index_tiles/{city}.log",
    benchmark:
        "<benchmarks>/tiles/index_tiles/{city}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(2000),
        runtime=minutes(60),
    params:
        code=code("tiles/index_tiles.py"),
        max_void_share=config["tiles"]["max_void_share"],
        threads=config["threads"],
    script:
        "../scripts/tiles/index_tiles.py"
