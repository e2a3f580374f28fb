# ssig: the Gaussian process, its ablations and the reference models, under the same folds.


# Out-of-fold predictions of the three Gaussian processes in every mode, and of the whole one in
# every variant of the data.
use rule scripted as cross_validate_gps with:
    input:
        districts="<results>/districts/{level}.parquet",
        folds="<results>/folds/{level}-{scheme}.parquet",
    output:
        predictions="<results>/ssig/predictions/{level}-{income}-{scheme}-gps.parquet",
    pathvars:
        job="ssig/cross_validate_gps/{level}-{income}-{scheme}",
    resources:
        mem_mb=memory(3000),
        runtime=minutes(60),
    params:
        **run_by("ssig/cross_validate_gps"),
        seed=config["seed"],
        models=config["ssig"]["models"],
        modes=STUDY.modes,
        variants=STUDY.variants,
        starts=config["ssig"]["starts"],
        known_noise=config["ssig"]["known_noise"],


use rule scripted as cross_validate_references with:
    input:
        districts="<results>/districts/{level}.parquet",
        folds="<results>/folds/{level}-{scheme}.parquet",
        embeddings=RAW.of_embeddings("ssig"),
    output:
        predictions="<results>/ssig/predictions/{level}-{income}-{scheme}-references.parquet",
    pathvars:
        job="ssig/cross_validate_references/{level}-{income}-{scheme}",
    resources:
        mem_mb=memory(2000),
        runtime=minutes(30),
    params:
        **run_by("ssig/cross_validate_references"),
        seed=config["seed"],
        references=config["ssig"]["references"],
        embeddings=config["ssig"]["embeddings"],


# The model of all districts: what Shapley values explain and what predicts elsewhere.
use rule scripted as fit_gp with:
    input:
        districts="<results>/districts/{level}.parquet",
        folds="<results>/folds/{level}-random.parquet",
    output:
        arrays="<results>/ssig/{level}-{income}-{mode}/gp.safetensors",
        description="<results>/ssig/{level}-{income}-{mode}/gp.json",
    pathvars:
        job="ssig/fit_gp/{level}-{income}-{mode}",
    params:
        **run_by("ssig/fit_gp"),
        seed=config["seed"],
        starts=config["ssig"]["starts"],
        known_noise=config["ssig"]["known_noise"],


use rule scripted as score_models with:
    input:
        predictions=FILES.of_predicted(
            "<results>/ssig/predictions/{level}-{income}-{scheme}-gps.parquet",
            "<results>/ssig/predictions/{level}-{income}-{scheme}-references.parquet",
        ),
        districts=expand("<results>/districts/{level}.parquet", level=STUDY.levels),
    output:
        scores="<results>/ssig/scores.csv",
        summary="<results>/ssig/summary.csv",
        residual_moran="<results>/ssig/residual_moran.csv",
        errors_by_group="<results>/ssig/errors_by_group.csv",
    pathvars:
        job="ssig/score_models",
    resources:
        mem_mb=memory(3000),
        runtime=minutes(30),
    params:
        **run_by("ssig/score_models"),
        levels=STUDY.levels,
        seed=config["seed"],
        resamples=config["ssig"]["resamples"],
