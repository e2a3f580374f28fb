# attribution, held to account: maps of networks that forget, that know nothing, of another seed or
# head; curves of deletion and insertion; what a network loses without a class.


rule attribute_network:
    input:
        unpack(trained_models),
        unpack(lambda wildcards: tiles_of(wildcards.city)),
        predictions="<results>/inference/{city}/{scheme}/main/predictions.parquet",
        folds="<results>/folds/{city}-{scheme}.parquet",
        histories=histories_to_choose_from,
    output:
        sums="<results>/attribution/{city}/{scheme}-{network}.parquet",
        turns="<results>/attribution/{city}/{scheme}-{network}-turns.parquet",
        pairings="<results>/attribution/{city}/{scheme}-{network}-pairings.parquet",
    log:
        "<logs>/attribution/attribute_network/{city}-{scheme}-{network}.log",
    benchmark:
        "<benchmarks>/attribution/attribute_network/{city}-{scheme}-{network}.tsv"
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


rule occlude_classes:
    input:
        unpack(trained_models),
        unpack(lambda wildcards: tiles_of(wildcards.city)),
        folds="<results>/folds/{city}-{scheme}.parquet",
    output:
        occlusion="<results>/attribution/{city}/{scheme}-{network}-occlusion.parquet",
    log:
        "<logs>/attribution/occlude_classes/{city}-{scheme}-{network}.log",
    benchmark:
        "<benchmarks>/attribution/occlude_classes/{city}-{scheme}-{network}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(4000),
        runtime=minutes(120),
        gpu=1,
    params:
        code=code("attribution/occlude_classes.py"),
        batch_size=config["attribution"]["batch_size"],
        threads=config["threads"],
    script:
        "../scripts/attribution/occlude_classes.py"


rule compare_networks:
    input:
        unpack(probed_models),
        unpack(lambda wildcards: tiles_of(wildcards.city)),
        folds="<results>/folds/{city}-{scheme}.parquet",
    output:
        similarity="<results>/attribution/{city}/{scheme}-similarity.csv",
        mirror="<results>/attribution/{city}/{scheme}-mirror.csv",
    log:
        "<logs>/attribution/compare_networks/{city}-{scheme}.log",
    benchmark:
        "<benchmarks>/attribution/compare_networks/{city}-{scheme}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(6000),
        runtime=minutes(120),
        gpu=1,
    params:
        code=code("attribution/compare_networks.py"),
        seed=config["seed"],
        networks=PROBE_NETWORKS,
        n_tiles=VALIDATION["tiles"],
        postprocess=config["attribution"]["postprocess"],
        threads=config["threads"],
    script:
        "../scripts/attribution/compare_networks.py"


rule draw_curves:
    input:
        unpack(trained_models),
        unpack(lambda wildcards: tiles_of(wildcards.city)),
        predictions="<results>/inference/{city}/{scheme}/{network}/predictions.parquet",
    output:
        curves="<results>/attribution/{city}/{scheme}-{network}-curves.parquet",
    log:
        "<logs>/attribution/draw_curves/{city}-{scheme}-{network}.log",
    benchmark:
        "<benchmarks>/attribution/draw_curves/{city}-{scheme}-{network}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(4000),
        runtime=minutes(120),
        gpu=1,
    params:
        code=code("attribution/draw_curves.py"),
        seed=config["seed"],
        settings={
            "n_tiles": VALIDATION["tiles"],
            "steps": VALIDATION["steps"],
            "patches": VALIDATION["patches"],
            "random_orders": VALIDATION["random_orders"],
            "postprocess": config["attribution"]["postprocess"],
        },
        threads=config["threads"],
    script:
        "../scripts/attribution/draw_curves.py"


rule summarise_probes:
    input:
        curves=of_networks(
            "<results>/attribution/{city}/{scheme}-{network}-curves.parquet",
            [(city, "main") for city in PROBES],
        ),
        similarities=of_probes("<results>/attribution/{city}/{scheme}-similarity.csv"),
        mirrors=of_probes("<results>/attribution/{city}/{scheme}-mirror.csv"),
    output:
        areas="<results>/attribution/curve_areas.csv",
        curves="<results>/attribution/mean_curves.csv",
        similarity="<results>/attribution/similarity.csv",
        mirror="<results>/attribution/mirror.csv",
    log:
        "<logs>/attribution/summarise_probes.log",
    benchmark:
        "<benchmarks>/attribution/summarise_probes.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(2000),
        runtime=minutes(20),
    params:
        code=code("attribution/summarise_probes.py"),
        seed=config["seed"],
        cities=PROBES,
        n_resamples=config["topology"]["resamples"],
        threads=config["threads"],
    script:
        "../scripts/attribution/summarise_probes.py"
