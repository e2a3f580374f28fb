# siamese: what homes of a district sold for, what it looks like from above and from the street, and
# the five baselines that read it.


use rule scripted as select_sales with:
    input:
        unpack(lambda wildcards: RAW.of_sales()),
        checked=ancient(RAW.checked("siamese")),
    output:
        sales="<results>/siamese/sales.parquet",
        left_out="<results>/siamese/sales-left_out.csv",
    pathvars:
        job="siamese/select_sales",
    resources:
        mem_mb=memory(2000),
        runtime=minutes(30),
    params:
        **run_by("siamese/select_sales"),
        settings=lambda wildcards: STUDY.modality_settings("prices"),


use rule scripted as measure_prices with:
    input:
        sales="<results>/siamese/sales.parquet",
        districts="<results>/districts/{level}.parquet",
    output:
        prices="<results>/siamese/prices-{level}.parquet",
        left_out="<results>/siamese/prices-{level}-left_out.csv",
    pathvars:
        job="siamese/measure_prices/{level}",
    resources:
        mem_mb=memory(1000),
        runtime=minutes(15),
    params:
        **run_by("siamese/measure_prices"),
        least_sales=lambda wildcards: STUDY.modality_settings("prices")["least_sales"],


use rule scripted as plan_satellite_images with:
    input:
        checked=ancient(RAW.checked("siamese")),
        districts=expand("<results>/districts/{level}.parquet", level=STUDY.levels),
        imagery=lambda wildcards: RAW.of_satellite(),
    output:
        orthophotos=directory("<results>/siamese/satellite/orthophotos"),
        listing="<results>/siamese/satellite/orthophotos.parquet",
        squares=expand(
            "<results>/siamese/satellite/{level}.parquet", level=STUDY.levels
        ),
    pathvars:
        job="siamese/plan_satellite_images",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(720),
    params:
        **run_by("siamese/plan_satellite_images"),
        levels=STUDY.levels,
        settings=lambda wildcards: STUDY.modality_settings("satellite"),
        seed=config["seed"],


use rule scripted as cut_satellite_images with:
    input:
        squares="<results>/siamese/satellite/{level}.parquet",
        districts="<results>/districts/{level}.parquet",
        orthophotos="<results>/siamese/satellite/orthophotos",
        listing="<results>/siamese/satellite/orthophotos.parquet",
    output:
        images=directory("<results>/siamese/images-satellite-{level}.zarr"),
        counts="<results>/siamese/images-satellite-{level}.csv",
        left_out="<results>/siamese/images-satellite-{level}-left_out.csv",
    pathvars:
        job="siamese/cut_satellite_images/{level}",
    resources:
        mem_mb=memory(2000),
        runtime=minutes(240),
    params:
        **run_by("siamese/cut_satellite_images"),
        settings=lambda wildcards: STUDY.modality_settings("satellite"),


use rule scripted as collect_street_views with:
    input:
        checked=ancient(RAW.checked("siamese")),
        districts="<results>/districts/{level}.parquet",
        views=lambda wildcards: RAW.of_street_views(),
    output:
        images=directory("<results>/siamese/images-street_view-{level}.zarr"),
        counts="<results>/siamese/images-street_view-{level}.csv",
        left_out="<results>/siamese/images-street_view-{level}-left_out.csv",
    pathvars:
        job="siamese/collect_street_views/{level}",
    resources:
        mem_mb=memory(2000),
        runtime=minutes(1440),
    params:
        **run_by("siamese/collect_street_views"),
        settings=lambda wildcards: STUDY.modality_settings("street_view"),
        seed=config["seed"],


# Everything that the baselines read, of the modalities that the study has.
rule siamese_inputs:
    input:
        FILES.baseline_inputs(),
    localrule: True


# --- The models, under the folds of SSIG


use rule scripted as embed_images with:
    input:
        images="<results>/siamese/images-{modality}-{level}.zarr",
    output:
        embeddings="<results>/siamese/embeddings-{modality}-{level}.parquet",
    pathvars:
        job="siamese/embed_images/{modality}-{level}",
    wildcard_constraints:
        modality="satellite|street_view",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(240),
        gpu=1,
    params:
        **run_by("siamese/embed_images"),
        seed=config["seed"],
        embedding=config["siamese"]["embedding"],
        device=config["siamese"]["device"],


# Out-of-fold predictions of all baselines, and of the modality ablation.
use rule scripted as cross_validate_baselines with:
    input:
        **FILES.seen_of_districts(),
        districts="<results>/districts/{level}.parquet",
        folds="<results>/folds/{level}-{scheme}.parquet",
    output:
        predictions="<results>/siamese/predictions/{level}-{income}-{scheme}.parquet",
    pathvars:
        job="siamese/cross_validate_baselines/{level}-{income}-{scheme}",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(240),
        gpu=int(config["siamese"]["fine_tuning"]["epochs"] > 0),
    params:
        **run_by("siamese/cross_validate_baselines"),
        seed=config["seed"],
        modalities=STUDY.modalities,
        siamese=FILES.baseline_settings(),
        approximation=config["ssig"]["approximation"],


use rule scripted as score_baselines with:
    input:
        predictions=FILES.of_predicted(
            "<results>/siamese/predictions/{level}-{income}-{scheme}.parquet"
        ),
        ssig=FILES.of_predicted(
            "<results>/ssig/predictions/{level}-{income}-{scheme}-gps.parquet"
        ),
    output:
        scores="<results>/siamese/scores.csv",
        summary="<results>/siamese/summary.csv",
        ablation="<results>/siamese/ablation.csv",
    pathvars:
        job="siamese/score_baselines",
    resources:
        mem_mb=memory(3000),
        runtime=minutes(30),
    params:
        **run_by("siamese/score_baselines"),
        seed=config["seed"],
        resamples=config["siamese"]["resamples"],
