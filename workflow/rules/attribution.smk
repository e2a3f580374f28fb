# attribution: where in a tile the network found what it predicts, summed over urban classes.


# The same maps on the discs around annotated points, in a study with some.
POINT_SUMS = (
    {
        "points": "<results>/attribution/{city}/{scheme}-points.parquet",
        "point_pairings": "<results>/attribution/{city}/{scheme}-point_pairings.parquet",
    }
    if STUDY.point_radii
    else {}
)


# Tiles that `main` predicts to be of one SES exchange their maps, whichever network made these.
use rule scripted as attribute_cells with:
    input:
        unpack(FILES.models),
        unpack(FILES.tiles),
        unpack(FILES.points),
        predictions="<results>/inference/{city}/{scheme}/main/predictions.parquet",
        folds="<results>/folds/{city}-{scheme}.parquet",
        histories=FILES.histories,
    output:
        **POINT_SUMS,
        sums="<results>/attribution/{city}/{scheme}.parquet",
        turns="<results>/attribution/{city}/{scheme}-turns.parquet",
        pairings="<results>/attribution/{city}/{scheme}-pairings.parquet",
    pathvars:
        job="attribution/attribute_cells/{city}-{scheme}",
    resources:
        mem_mb=memory(6000),
        runtime=minutes(720),
        gpu=1,
    params:
        **run_by("attribution/attribute_cells"),
        settings=config["attribution"],
        side_m=config["tiles"]["side_m"],


# The tile that Fig. 4 shows; the maps of all others are summed as they are made.
use rule scripted as keep_maps with:
    input:
        unpack(FILES.models),
        unpack(FILES.tiles),
        predictions="<results>/inference/{city}/{scheme}/predictions.parquet",
        folds="<results>/folds/{city}-{scheme}.parquet",
        shares="<results>/tiles/{city}/land_use_shares.parquet",
        sums="<results>/attribution/{city}/{scheme}.parquet",
        histories=FILES.histories,
    output:
        maps="<results>/attribution/{city}/{scheme}-maps.safetensors",
    pathvars:
        job="attribution/keep_maps/{city}-{scheme}",
    resources:
        mem_mb=memory(6000),
        runtime=minutes(60),
        gpu=1,
    params:
        **run_by("attribution/keep_maps"),
        settings=config["attribution"],


# --- Maps of networks that know nothing, of another seed or head; what a network loses without a class.


use rule attribute_cells as attribute_network with:
    output:
        **{
            name: path.replace("{scheme}", "{scheme}-{network}")
            for name, path in POINT_SUMS.items()
        },
        sums="<results>/attribution/{city}/{scheme}-{network}.parquet",
        turns="<results>/attribution/{city}/{scheme}-{network}-turns.parquet",
        pairings="<results>/attribution/{city}/{scheme}-{network}-pairings.parquet",
    pathvars:
        job="attribution/attribute_network/{city}-{scheme}-{network}",


use rule predict_cells as occlude_classes with:
    input:
        unpack(FILES.models),
        unpack(FILES.tiles),
        predictions="<results>/inference/{city}/{scheme}/main/predictions.parquet",
        folds="<results>/folds/{city}-{scheme}.parquet",
    output:
        sums="<results>/attribution/{city}/{scheme}-{network}-occlusion.parquet",
        pairings="<results>/attribution/{city}/{scheme}-{network}-occlusion-pairings.parquet",
    pathvars:
        job="attribution/occlude_classes/{city}-{scheme}-{network}",
    params:
        **run_by("attribution/occlude_classes"),
        batch_size=config["attribution"]["batch_size"],


# --- The study `validation`: maps of networks that forget; curves of deletion and insertion.


use rule scripted as compare_networks with:
    input:
        unpack(lambda wildcards: FILES.models(wildcards, WORLDS.networks)),
        unpack(FILES.tiles),
        folds="<results>/folds/{city}-{scheme}.parquet",
    output:
        similarity="<results>/attribution/{city}/{scheme}-similarity.csv",
        mirror="<results>/attribution/{city}/{scheme}-mirror.csv",
    pathvars:
        job="attribution/compare_networks/{city}-{scheme}",
    resources:
        mem_mb=memory(6000),
        runtime=minutes(120),
        gpu=1,
    params:
        **run_by("attribution/compare_networks"),
        seed=config["seed"],
        networks=WORLDS.networks,
        n_tiles=config["validation"]["tiles"],
        postprocess=config["attribution"]["postprocess"],


use rule scripted as draw_curves with:
    input:
        unpack(FILES.models),
        unpack(FILES.tiles),
        predictions="<results>/inference/{city}/{scheme}/{network}/predictions.parquet",
    output:
        curves="<results>/attribution/{city}/{scheme}-{network}-curves.parquet",
    pathvars:
        job="attribution/draw_curves/{city}-{scheme}-{network}",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(120),
        gpu=1,
    params:
        **run_by("attribution/draw_curves"),
        seed=config["seed"],
        settings={
            key: config["validation"][key]
            for key in ("steps", "patches", "random_orders")
        }
        | {
            "n_tiles": config["validation"]["tiles"],
            "postprocess": config["attribution"]["postprocess"],
            "turns": config["attribution"]["turns"],
        },


use rule scripted as summarise_probes with:
    input:
        curves=WORLDS.of_probes(
            "<results>/attribution/{city}/{scheme}-{network}-curves.parquet"
        ),
        similarities=WORLDS.of_probes(
            "<results>/attribution/{city}/{scheme}-similarity.csv"
        ),
        mirrors=WORLDS.of_probes("<results>/attribution/{city}/{scheme}-mirror.csv"),
    output:
        areas="<results>/attribution/curve_areas.csv",
        curves="<results>/attribution/mean_curves.csv",
        similarity="<results>/attribution/similarity.csv",
        mirror="<results>/attribution/mirror.csv",
    pathvars:
        job="attribution/summarise_probes",
    params:
        **run_by("attribution/summarise_probes"),
        seed=config["seed"],
        cities=WORLDS.probes,
        n_resamples=config["topology"]["resamples"],
