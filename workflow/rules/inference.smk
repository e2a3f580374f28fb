# inference: networks that read a tile and predict its fifth of the city's incomes, out of fold, and
# how good they are beside simpler readings of the same tiles.


include: "inference_paths.smk"


wildcard_constraints:
    network="|".join(config["inference"]["networks"]),
    fold="[0-9]+",


rule train_network:
    input:
        unpack(lambda wildcards: tiles_of(wildcards.city)),
        folds="<results>/folds/{city}-{scheme}.parquet",
    output:
        weights="<results>/inference/{city}/{scheme}/{network}/{fold}/weights.safetensors",
        settings="<results>/inference/{city}/{scheme}/{network}/{fold}/model.json",
        history="<results>/inference/{city}/{scheme}/{network}/{fold}/history.csv",
    log:
        "<logs>/inference/train_network/{city}-{scheme}-{network}-{fold}.log",
    benchmark:
        "<benchmarks>/inference/train_network/{city}-{scheme}-{network}-{fold}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(config["inference"]["training"]["memory_mb"] + 3500),
        runtime=minutes(720),
        gpu=1,
    params:
        code=code("inference/train_network.py"),
        seed=config["seed"],
        network=lambda wildcards: config["inference"]["networks"][wildcards.network],
        training=config["inference"]["training"],
        buffer_cells=config["folds"]["cities"]["buffer_cells"],
        threads=config["threads"],
    script:
        "../scripts/inference/train_network.py"


rule predict_cells:
    input:
        unpack(trained_models),
        unpack(lambda wildcards: tiles_of(wildcards.city)),
        folds="<results>/folds/{city}-{scheme}.parquet",
    output:
        predictions="<results>/inference/{city}/{scheme}/{network}/predictions.parquet",
    log:
        "<logs>/inference/predict_cells/{city}-{scheme}-{network}.log",
    benchmark:
        "<benchmarks>/inference/predict_cells/{city}-{scheme}-{network}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(4000),
        runtime=minutes(120),
        gpu=1,
    params:
        code=code("inference/predict_cells.py"),
        batch_size=config["inference"]["prediction_batch"],
        threads=config["threads"],
    script:
        "../scripts/inference/predict_cells.py"


rule predict_baselines:
    input:
        unpack(lambda wildcards: tiles_of(wildcards.city)),
        folds="<results>/folds/{city}-{scheme}.parquet",
    output:
        predictions="<results>/inference/{city}/{scheme}/baselines.parquet",
    log:
        "<logs>/inference/predict_baselines/{city}-{scheme}.log",
    benchmark:
        "<benchmarks>/inference/predict_baselines/{city}-{scheme}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(4000),
        runtime=minutes(120),
    params:
        code=code("inference/predict_baselines.py"),
        seed=config["seed"],
        models=config["inference"]["baselines"],
        random_features=config["inference"]["random_features"],
        buffer_cells=config["folds"]["cities"]["buffer_cells"],
        threads=config["threads"],
    script:
        "../scripts/inference/predict_baselines.py"


rule evaluate_predictions:
    input:
        cells="<results>/cells/{city}.parquet",
        folds="<results>/folds/{city}-{scheme}.parquet",
        networks=expand(
            "<results>/inference/{{city}}/{{scheme}}/{network}/predictions.parquet",
            network=["main", *config["inference"]["compare"]],
        ),
        baselines="<results>/inference/{city}/{scheme}/baselines.parquet",
    output:
        predictions="<results>/inference/{city}/{scheme}/predictions.parquet",
        metrics="<results>/inference/{city}/{scheme}/metrics.csv",
        summary="<results>/inference/{city}/{scheme}/summary.csv",
        comparisons="<results>/inference/{city}/{scheme}/comparisons.csv",
        confusion="<results>/inference/{city}/{scheme}/confusion.csv",
        classes="<results>/inference/{city}/{scheme}/classes.csv",
    log:
        "<logs>/inference/evaluate_predictions/{city}-{scheme}.log",
    benchmark:
        "<benchmarks>/inference/evaluate_predictions/{city}-{scheme}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(4000),
        runtime=minutes(60),
    params:
        code=code("inference/evaluate_predictions.py"),
        seed=config["seed"],
        networks=["main", *config["inference"]["compare"]],
        n_resamples=config["inference"]["resamples"],
        threads=config["threads"],
    script:
        "../scripts/inference/evaluate_predictions.py"


rule predict_transfer:
    input:
        unpack(trained_models),
        indices=expand("<results>/tiles/{city}/index.parquet", city=TRANSFER_CITIES),
        shards=[shard for city in TRANSFER_CITIES for shard in shards(city)],
    output:
        predictions="<results>/inference/transfer/{city}.parquet",
    log:
        "<logs>/inference/predict_transfer/{city}.log",
    benchmark:
        "<benchmarks>/inference/predict_transfer/{city}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(4000),
        runtime=minutes(360),
        gpu=1,
    params:
        code=code("inference/predict_transfer.py"),
        cities=TRANSFER_CITIES,
        batch_size=config["inference"]["prediction_batch"],
        threads=config["threads"],
    script:
        "../scripts/inference/predict_transfer.py"


rule evaluate_transfer:
    input:
        folds=expand(
            "<results>/folds/{city}-{scheme}.parquet",
            city=TRANSFER_CITIES,
            scheme=TRANSFER_SCHEME,
        ),
        own=expand(
            "<results>/inference/{city}/{scheme}/main/predictions.parquet",
            city=TRANSFER_CITIES,
            scheme=TRANSFER_SCHEME,
        ),
        elsewhere=expand(
            "<results>/inference/transfer/{city}.parquet", city=TRANSFER_CITIES
        ),
    output:
        transfer="<results>/inference/transfer.csv",
    log:
        "<logs>/inference/evaluate_transfer.log",
    benchmark:
        "<benchmarks>/inference/evaluate_transfer.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(4000),
        runtime=minutes(60),
    params:
        code=code("inference/evaluate_transfer.py"),
        seed=config["seed"],
        cities=TRANSFER_CITIES,
        n_resamples=config["inference"]["resamples"],
        threads=config["threads"],
    script:
        "../scripts/inference/evaluate_transfer.py"
