# attribution: where in a tile the network found what it predicts, summed over urban classes.


rule attribute_cells:
    input:
        unpack(trained_models),
        unpack(lambda wildcards: tiles_of(wildcards.city)),
        predictions="<results>/inference/{city}/{scheme}/predictions.parquet",
        folds="<results>/folds/{city}-{scheme}.parquet",
        histories=histories_to_choose_from,
    output:
        sums="<results>/attribution/{city}/{scheme}.parquet",
        turns="<results>/attribution/{city}/{scheme}-turns.parquet",
        pairings="<results>/attribution/{city}/{scheme}-pairings.parquet",
    log:
        "<logs>/attribution/attribute_cells/{city}-{scheme}.log",
    benchmark:
        "<benchmarks>/attribution/attribute_cells/{city}-{scheme}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(6000),
        runtime=minutes(720),
        gpu=1,
    params:
        code=code("attribution/attribute_cells.py"),
        settings=config["attribution"],
        threads=config["threads"],
    script:
        "../scripts/attribution/attribute_cells.py"


# The tile that Fig. 4 shows; the maps of all others are summed as they are made.
rule keep_maps:
    input:
        unpack(trained_models),
        unpack(lambda wildcards: tiles_of(wildcards.city)),
        predictions="<results>/inference/{city}/{scheme}/predictions.parquet",
        folds="<results>/folds/{city}-{scheme}.parquet",
        shares="<results>/tiles/{city}/land_use_shares.parquet",
        sums="<results>/attribution/{city}/{scheme}.parquet",
        histories=histories_to_choose_from,
    output:
        maps="<results>/attribution/{city}/{scheme}-maps.safetensors",
    log:
        "<logs>/attribution/keep_maps/{city}-{scheme}.log",
    benchmark:
        "<benchmarks>/attribution/keep_maps/{city}-{scheme}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(6000),
        runtime=minutes(60),
        gpu=1,
    params:
        code=code("attribution/keep_maps.py"),
        settings=config["attribution"],
        threads=config["threads"],
    script:
        "../scripts/attribution/keep_maps.py"
