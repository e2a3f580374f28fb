# siamese: the five image-and-price baselines, under the folds of SSIG.


include: "siamese_models_paths.smk"


rule embed_images:
    input:
        images="<results>/siamese/images-{modality}-{level}.zarr",
    output:
        embeddings="<results>/siamese/embeddings-{modality}-{level}.parquet",
    log:
        "<logs>/siamese/embed_images/{modality}-{level}.log",
    benchmark:
        "<benchmarks>/siamese/embed_images/{modality}-{level}.tsv"
    wildcard_constraints:
        modality="satellite|street_view",
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(4000),
        runtime=minutes(240),
        gpu=1,
    params:
        code=code("siamese/embed_images.py"),
        seed=config["seed"],
        threads=config["threads"],
        embedding=SIAMESE["embedding"],
        device=SIAMESE["device"],
    script:
        "../scripts/siamese/embed_images.py"


# Out-of-fold predictions of all baselines, and of the modality ablation.
rule cross_validate_baselines:
    input:
        **shown_files(),
        districts="<results>/districts/{level}.parquet",
        folds="<results>/folds/{level}-{scheme}.parquet",
    output:
        predictions="<results>/siamese/predictions/{level}-{income}-{scheme}.parquet",
    log:
        "<logs>/siamese/cross_validate_baselines/{level}-{income}-{scheme}.log",
    benchmark:
        "<benchmarks>/siamese/cross_validate_baselines/{level}-{income}-{scheme}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(4000),
        runtime=minutes(240),
        gpu=int(SIAMESE["fine_tuning"]["epochs"] > 0),
    params:
        code=code("siamese/cross_validate_baselines.py"),
        seed=config["seed"],
        threads=config["threads"],
        modalities=SIAMESE_MODALITIES,
        siamese=MODEL_SETTINGS,
    script:
        "../scripts/siamese/cross_validate_baselines.py"


rule score_baselines:
    input:
        predictions=expand(
            "<results>/siamese/predictions/{level}-{income}-{scheme}.parquet",
            level=LEVELS,
            income=INCOMES,
            scheme=SCHEMES,
        ),
        ssig=expand(
            "<results>/ssig/predictions/{level}-{income}-{scheme}-gps.parquet",
            level=LEVELS,
            income=INCOMES,
            scheme=SCHEMES,
        ),
    output:
        scores="<results>/siamese/scores.csv",
        summary="<results>/siamese/summary.csv",
        ablation="<results>/siamese/ablation.csv",
    log:
        "<logs>/siamese/score_baselines.log",
    benchmark:
        "<benchmarks>/siamese/score_baselines.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(3000),
        runtime=minutes(30),
    params:
        code=code("siamese/score_baselines.py"),
        seed=config["seed"],
        threads=config["threads"],
        resamples=SIAMESE["resamples"],
    script:
        "../scripts/siamese/score_baselines.py"
