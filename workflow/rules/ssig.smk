# ssig: the Gaussian process, its ablations and the reference models, under the same folds.


# Out-of-fold predictions of the three Gaussian processes in every mode, and of the whole one in
# every variant of the data.
rule cross_validate_gps:
    input:
        districts="<results>/districts/{level}.parquet",
        folds="<results>/folds/{level}-{scheme}.parquet",
    output:
        predictions="<results>/ssig/predictions/{level}-{income}-{scheme}-gps.parquet",
    log:
        "<logs>/ssig/cross_validate_gps/{level}-{income}-{scheme}.log",
    benchmark:
        "<benchmarks>/ssig/cross_validate_gps/{level}-{income}-{scheme}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(3000),
        runtime=minutes(60),
    params:
        code=code("ssig/cross_validate_gps.py"),
        seed=config["seed"],
        threads=config["threads"],
        models=config["ssig"]["models"],
        modes=MODES,
        variants=VARIANTS,
        starts=config["ssig"]["starts"],
        known_noise=config["ssig"]["known_noise"],
    script:
        "../scripts/ssig/cross_validate_gps.py"


rule cross_validate_references:
    input:
        districts="<results>/districts/{level}.parquet",
        folds="<results>/folds/{level}-{scheme}.parquet",
    output:
        predictions="<results>/ssig/predictions/{level}-{income}-{scheme}-references.parquet",
    log:
        "<logs>/ssig/cross_validate_references/{level}-{income}-{scheme}.log",
    benchmark:
        "<benchmarks>/ssig/cross_validate_references/{level}-{income}-{scheme}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(2000),
        runtime=minutes(30),
    params:
        code=code("ssig/cross_validate_references.py"),
        seed=config["seed"],
        threads=config["threads"],
        references=config["ssig"]["references"],
    script:
        "../scripts/ssig/cross_validate_references.py"


# The model of all districts: what Shapley values explain and what predicts elsewhere.
rule fit_gp:
    input:
        districts="<results>/districts/{level}.parquet",
        folds="<results>/folds/{level}-random.parquet",
    output:
        arrays="<results>/ssig/{level}-{income}-{mode}/gp.safetensors",
        description="<results>/ssig/{level}-{income}-{mode}/gp.json",
    log:
        "<logs>/ssig/fit_gp/{level}-{income}-{mode}.log",
    benchmark:
        "<benchmarks>/ssig/fit_gp/{level}-{income}-{mode}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(2000),
        runtime=minutes(20),
    params:
        code=code("ssig/fit_gp.py"),
        seed=config["seed"],
        threads=config["threads"],
        starts=config["ssig"]["starts"],
        known_noise=config["ssig"]["known_noise"],
    script:
        "../scripts/ssig/fit_gp.py"


rule score_models:
    input:
        predictions=expand(
            "<results>/ssig/predictions/{level}-{income}-{scheme}-{kind}.parquet",
            level=LEVELS,
            income=INCOMES,
            scheme=SCHEMES,
            kind=["gps", "references"],
        ),
        districts=expand("<results>/districts/{level}.parquet", level=LEVELS),
    output:
        scores="<results>/ssig/scores.csv",
        summary="<results>/ssig/summary.csv",
        residual_moran="<results>/ssig/residual_moran.csv",
        errors_by_group="<results>/ssig/errors_by_group.csv",
    log:
        "<logs>/ssig/score_models.log",
    benchmark:
        "<benchmarks>/ssig/score_models.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(3000),
        runtime=minutes(30),
    params:
        code=code("ssig/score_models.py"),
        levels=LEVELS,
        seed=config["seed"],
        threads=config["threads"],
        resamples=config["ssig"]["resamples"],
    script:
        "../scripts/ssig/score_models.py"
