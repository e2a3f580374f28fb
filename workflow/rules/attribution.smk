# attribution: where in a tile the network found what it predicts, summed over urban classes.


rule attribute_cells:
    input:
        unpack(trained_models),
        unpack(lambda wildcards: tiles_of(wildcards.city)),
        folds="<results>/folds/{city}-{scheme}.parquet",
        histories=histories_to_choose_from,
    output:
        attribution="<results>/attribution/{city}/{scheme}.parquet",
    log:
        "<logs>/attribution/attribute_cells/{city}-{scheme}.log",
    benchmark:
        "<benchmarks>/attribution/attribute_cells/{city}-{scheme}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=6000,
        runtime=720,
        gpu=1,
    params:
        code=code("attribution/attribute_cells.py"),
        settings=config["attribution"],
        threads=config["threads"],
    script:
        "../scripts/attribution/attribute_cells.py"
