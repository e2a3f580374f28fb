# inference: networks that read a tile and predict its fifth of the city's incomes, out of fold, and
# how good they are beside simpler readings of the same tiles.


wildcard_constraints:
    network="|".join(STUDY.network_settings),
    fold="[0-9]+",


use rule scripted as train_network with:
    input:
        unpack(FILES.tiles),
        unpack(FILES.views),
        folds="<results>/folds/{city}-{scheme}.parquet",
    output:
        weights="<results>/inference/{city}/{scheme}/{network}/{fold}/weights.safetensors",
        settings="<results>/inference/{city}/{scheme}/{network}/{fold}/model.json",
        history="<results>/inference/{city}/{scheme}/{network}/{fold}/history.csv",
    pathvars:
        job="inference/train_network/{city}-{scheme}-{network}-{fold}",
    resources:
        mem_mb=memory(config["inference"]["training"]["memory_mb"] + 3500),
        runtime=minutes(720),
        gpu=1,
    params:
        **run_by("inference/train_network"),
        seed=config["seed"],
        network=lambda wildcards: STUDY.network_settings[wildcards.network],
        training=config["inference"]["training"],
        buffer_cells=config["folds"]["cities"]["buffer_cells"],


use rule scripted as predict_cells with:
    input:
        unpack(FILES.models),
        unpack(FILES.tiles),
        folds="<results>/folds/{city}-{scheme}.parquet",
    output:
        predictions="<results>/inference/{city}/{scheme}/{network}/predictions.parquet",
    pathvars:
        job="inference/predict_cells/{city}-{scheme}-{network}",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(120),
        gpu=1,
    params:
        **run_by("inference/predict_cells"),
        batch_size=config["inference"]["prediction_batch"],


# Once for all schemes: nothing in them depends on a label or a fold.
use rule scripted as extract_features with:
    input:
        unpack(FILES.tiles),
    output:
        features="<results>/inference/{city}/frozen_features.parquet",
    pathvars:
        job="inference/extract_features/{city}",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(120),
        gpu=1,
    params:
        **run_by("inference/extract_features"),
        seed=config["seed"],
        settings=dict(
            network=config["inference"]["networks"]["main"],
            scaling=config["inference"]["training"]["scaling"],
            batch_size=config["inference"]["prediction_batch"],
            stages=config["inference"]["frozen_features"]["stages"],
            turns=config["inference"]["frozen_features"]["turns"],
        ),


# Once for all folds, schemes and heads of a backbone that stays as it comes.
use rule scripted as extract_views with:
    input:
        unpack(FILES.tiles),
    output:
        views="<results>/inference/{city}/frozen_views-{network}.safetensors",
    pathvars:
        job="inference/extract_views/{city}-{network}",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(120),
        gpu=1,
    params:
        **run_by("inference/extract_views"),
        network=lambda wildcards: STUDY.network_settings[wildcards.network],
        scaling=config["inference"]["training"]["scaling"],
        batch_size=config["inference"]["prediction_batch"],


use rule scripted as predict_baselines with:
    input:
        unpack(FILES.tiles),
        folds="<results>/folds/{city}-{scheme}.parquet",
        features=FILES.features,
        embeddings=RAW.of_embeddings("inference"),
    output:
        predictions="<results>/inference/{city}/{scheme}/baselines.parquet",
    pathvars:
        job="inference/predict_baselines/{city}-{scheme}",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(120),
    params:
        **run_by("inference/predict_baselines"),
        seed=config["seed"],
        models=config["inference"]["baselines"],
        random_features=config["inference"]["random_features"],
        embeddings=config["inference"]["embeddings"],
        buffer_cells=config["folds"]["cities"]["buffer_cells"],


use rule scripted as evaluate_predictions with:
    input:
        cells=FILES.cells,
        folds="<results>/folds/{city}-{scheme}.parquet",
        networks=expand(
            "<results>/inference/{{city}}/{{scheme}}/{network}/predictions.parquet",
            network=STUDY.networks,
        ),
        baselines="<results>/inference/{city}/{scheme}/baselines.parquet",
    output:
        predictions="<results>/inference/{city}/{scheme}/predictions.parquet",
        metrics="<results>/inference/{city}/{scheme}/metrics.csv",
        summary="<results>/inference/{city}/{scheme}/summary.csv",
        comparisons="<results>/inference/{city}/{scheme}/comparisons.csv",
        confusion="<results>/inference/{city}/{scheme}/confusion.csv",
        classes="<results>/inference/{city}/{scheme}/classes.csv",
        income_scores="<results>/inference/{city}/{scheme}/income_scores.csv",
    pathvars:
        job="inference/evaluate_predictions/{city}-{scheme}",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(60),
    params:
        **run_by("inference/evaluate_predictions"),
        seed=config["seed"],
        networks=STUDY.networks,
        n_resamples=config["inference"]["resamples"],


use rule scripted as predict_transfer with:
    input:
        unpack(FILES.models),
        indices=expand(
            "<results>/tiles/{city}/index.parquet", city=STUDY.transfer_cities
        ),
        shards=FILES.shards(*STUDY.transfer_cities),
    output:
        predictions="<results>/inference/transfer/{city}.parquet",
    pathvars:
        job="inference/predict_transfer/{city}",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(360),
        gpu=1,
    params:
        **run_by("inference/predict_transfer"),
        cities=STUDY.transfer_cities,
        batch_size=config["inference"]["prediction_batch"],


use rule scripted as evaluate_transfer with:
    input:
        folds=FILES.of_transfer("<results>/folds/{city}-{scheme}.parquet"),
        own=FILES.of_transfer(
            "<results>/inference/{city}/{scheme}/main/predictions.parquet"
        ),
        elsewhere=FILES.of_transfer("<results>/inference/transfer/{city}.parquet"),
    output:
        transfer="<results>/inference/transfer.csv",
    pathvars:
        job="inference/evaluate_transfer",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(60),
    params:
        **run_by("inference/evaluate_transfer"),
        seed=config["seed"],
        cities=STUDY.transfer_cities,
        n_resamples=config["inference"]["resamples"],


# Every date's networks on the tiles of every date of a city.
use rule scripted as predict_dates with:
    input:
        weights=lambda wildcards: FILES.models_of_dates(wildcards.city, "weights"),
        settings=lambda wildcards: FILES.models_of_dates(wildcards.city, "settings"),
        indices=lambda wildcards: FILES.of_dates(
            "<results>/tiles/{city}/index.parquet", wildcards.city
        ),
        shards=lambda wildcards: FILES.shards(*STUDY.dates[wildcards.city].values()),
    output:
        predictions="<results>/inference/{city}/dates.parquet",
    pathvars:
        job="inference/predict_dates/{city}",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(360),
        gpu=1,
    params:
        **run_by("inference/predict_dates"),
        dates=lambda wildcards: STUDY.dates[wildcards.city],
        batch_size=config["inference"]["prediction_batch"],


use rule scripted as evaluate_dates with:
    input:
        folds=[
            f"<results>/folds/{city}-{STUDY.transfer_scheme}.parquet"
            for city in STUDY.dates
        ],
        predictions=expand("<results>/inference/{city}/dates.parquet", city=STUDY.dates),
    output:
        dates="<results>/inference/dates.csv",
    pathvars:
        job="inference/evaluate_dates",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(60),
    params:
        **run_by("inference/evaluate_dates"),
        seed=config["seed"],
        cities=list(STUDY.dates),
        n_resamples=config["inference"]["resamples"],


# --- The study `validation`: how good the networks are whose maps are judged.


use rule scripted as score_networks with:
    input:
        predictions=WORLDS.of_trained(
            "<results>/inference/{city}/{scheme}/{network}/predictions.parquet"
        ),
    output:
        scores="<results>/inference/network_scores.csv",
        summary="<results>/inference/network_summary.csv",
        reliability="<results>/inference/network_reliability.csv",
    pathvars:
        job="inference/score_networks",
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        **run_by("inference/score_networks"),
        trained=WORLDS.trained,
        worlds=WORLDS.table,
