# topology: what the sums of saliency say of urban classes and their neighbours; H0 and H1.


use rule scripted as measure_activation with:
    input:
        attribution="<results>/attribution/{city}/{scheme}.parquet",
        pairings="<results>/attribution/{city}/{scheme}-pairings.parquet",
        predictions="<results>/inference/{city}/{scheme}/predictions.parquet",
        folds="<results>/folds/{city}-{scheme}.parquet",
    output:
        ratios="<results>/topology/{city}/{scheme}/activation_ratios.csv",
        tiles="<results>/topology/{city}/{scheme}/tile_ratios.parquet",
        coactivation="<results>/topology/{city}/{scheme}/coactivation.csv",
    pathvars:
        job="topology/measure_activation/{city}-{scheme}",
    resources:
        mem_mb=memory(2000, per_input_mb=100),
        runtime=minutes(60, per_input_mb=4),
    params:
        **run_by("topology/measure_activation"),
        seed=config["seed"],
        settings=config["topology"],
        n_cities=len(STUDY.cities),


use rule measure_activation as measure_points with:
    input:
        attribution="<results>/attribution/{city}/{scheme}-points.parquet",
        pairings="<results>/attribution/{city}/{scheme}-point_pairings.parquet",
        predictions="<results>/inference/{city}/{scheme}/predictions.parquet",
        folds="<results>/folds/{city}-{scheme}.parquet",
    output:
        ratios="<results>/topology/{city}/{scheme}/points.csv",
    pathvars:
        job="topology/measure_points/{city}-{scheme}",
    params:
        **run_by("topology/measure_points"),
        n_cities=len(FILES.with_points("{city}")),


use rule scripted as judge_points with:
    input:
        ratios=FILES.with_points("<results>/topology/{city}/{{scheme}}/points.csv"),
        shuffled=lambda wildcards: FILES.second_null_of_points(wildcards.scheme),
    output:
        points="<results>/topology/points-{scheme}.csv",
    pathvars:
        job="topology/judge_points/{scheme}",
    params:
        **run_by("topology/judge_points"),
        cities=FILES.with_points("{city}"),


use rule scripted as measure_appearance with:
    input:
        shares="<results>/tiles/{city}/land_use_shares.parquet",
        predictions="<results>/inference/{city}/random/predictions.parquet",
        folds="<results>/folds/{city}-random.parquet",
    output:
        probabilities="<results>/topology/{city}/probabilities.csv",
        gains="<results>/topology/{city}/gains.csv",
    pathvars:
        job="topology/measure_appearance/{city}",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(60),
    params:
        **run_by("topology/measure_appearance"),
        seed=config["seed"],
        n_resamples=config["topology"]["resamples"],


use rule scripted as judge_hypotheses with:
    input:
        ratios=expand(
            "<results>/topology/{city}/{{scheme}}/activation_ratios.csv",
            city=STUDY.cities,
        ),
        coactivations=expand(
            "<results>/topology/{city}/{{scheme}}/coactivation.csv", city=STUDY.cities
        ),
    output:
        h0="<results>/topology/h0-{scheme}.csv",
        h1="<results>/topology/h1-{scheme}.csv",
    pathvars:
        job="topology/judge_hypotheses/{scheme}",
    params:
        **run_by("topology/judge_hypotheses"),
        cities=STUDY.cities,


# Which classes count as relied on: beyond the exchange of maps, and beyond a network that knows nothing.
use rule scripted as judge_reliance with:
    input:
        **{
            name: expand(
                f"<results>/topology/{{city}}/{{scheme}}{ending}/activation_ratios.csv",
                city=STUDY.cities,
                scheme=STUDY.city_schemes[:1],
            )
            for name, ending in {
                "ratios": "",
                "occlusions": "-main-occlusion",
                "shuffled": "-shuffled",
            }.items()
        },
    output:
        reliance="<results>/topology/reliance.csv",
    pathvars:
        job="topology/judge_reliance",
    params:
        **run_by("topology/judge_reliance"),
        cities=STUDY.cities,


# --- The second null, occlusion, and the networks of the study `validation`.


# Low and high are those that `main` predicts, so that all networks are judged on the same tiles;
# one that knows nothing would predict the middle class nearly everywhere.
use rule measure_activation as measure_network_activation with:
    input:
        attribution="<results>/attribution/{city}/{scheme}-{network}.parquet",
        pairings="<results>/attribution/{city}/{scheme}-{network}-pairings.parquet",
        predictions="<results>/inference/{city}/{scheme}/main/predictions.parquet",
        folds="<results>/folds/{city}-{scheme}.parquet",
    output:
        ratios="<results>/topology/{city}/{scheme}-{network}/activation_ratios.csv",
        tiles="<results>/topology/{city}/{scheme}-{network}/tile_ratios.parquet",
        coactivation="<results>/topology/{city}/{scheme}-{network}/coactivation.csv",
    pathvars:
        job="topology/measure_network_activation/{city}-{scheme}-{network}",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(120),
    params:
        **run_by("topology/measure_activation"),
        seed=config["seed"],
        settings=config["topology"],
        n_cities=1 if WORLDS.cities else len(STUDY.cities),  # worlds: judged one by one


use rule measure_points as measure_network_points with:
    input:
        attribution="<results>/attribution/{city}/{scheme}-{network}-points.parquet",
        pairings="<results>/attribution/{city}/{scheme}-{network}-point_pairings.parquet",
        predictions="<results>/inference/{city}/{scheme}/main/predictions.parquet",
        folds="<results>/folds/{city}-{scheme}.parquet",
    output:
        ratios="<results>/topology/{city}/{scheme}-{network}/points.csv",
    pathvars:
        job="topology/measure_network_points/{city}-{scheme}-{network}",


use rule measure_network_activation as measure_occlusion with:
    input:
        attribution="<results>/attribution/{city}/{scheme}-{network}-occlusion.parquet",
        pairings="<results>/attribution/{city}/{scheme}-{network}-occlusion-pairings.parquet",
        predictions="<results>/inference/{city}/{scheme}/main/predictions.parquet",
        folds="<results>/folds/{city}-{scheme}.parquet",
    output:
        ratios="<results>/topology/{city}/{scheme}-{network}-occlusion/activation_ratios.csv",
        tiles="<results>/topology/{city}/{scheme}-{network}-occlusion/tile_ratios.parquet",
        coactivation="<results>/topology/{city}/{scheme}-{network}-occlusion/coactivation.csv",
    pathvars:
        job="topology/measure_occlusion/{city}-{scheme}-{network}",


# --- The study `validation`: do the ratios find what was planted, and do they come out alike again?


use rule scripted as judge_planted with:
    input:
        planted="<results>/demo/planted.csv",
        ratios=WORLDS.of_trained(
            "<results>/topology/{city}/{scheme}-{network}/activation_ratios.csv"
        ),
        coactivations=WORLDS.of_trained(
            "<results>/topology/{city}/{scheme}-{network}/coactivation.csv"
        ),
        occlusions=WORLDS.of_cities(
            "<results>/topology/{city}/{scheme}-{network}-occlusion/activation_ratios.csv"
        ),
    output:
        ratios="<results>/topology/planted_ratios.csv",
        ranks="<results>/topology/planted_ranks.csv",
        hits="<results>/topology/planted_hits.csv",
        decisions="<results>/topology/planted_h0.csv",
        pairs="<results>/topology/planted_h1.csv",
    pathvars:
        job="topology/judge_planted",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(30),
    params:
        **run_by("topology/judge_planted"),
        seed=config["seed"],
        worlds=WORLDS.table,
        trained=WORLDS.trained,
        n_resamples=config["topology"]["resamples"],


use rule scripted as measure_stability with:
    input:
        attributions=WORLDS.of_networks(
            "<results>/attribution/{city}/{scheme}-{network}.parquet"
        ),
        predictions="<results>/inference/{city}/{scheme}/main/predictions.parquet",
        folds="<results>/folds/{city}-{scheme}.parquet",
    output:
        stability="<results>/topology/{city}/{scheme}-stability.csv",
    pathvars:
        job="topology/measure_stability/{city}-{scheme}",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(30),
    params:
        **run_by("topology/measure_stability"),
        networks=WORLDS.networks,
        least_tiles=config["topology"]["least_tiles"],


use rule scripted as summarise_stability with:
    input:
        stabilities=WORLDS.of_probes("<results>/topology/{city}/{scheme}-stability.csv"),
    output:
        stability="<results>/topology/stability.csv",
    pathvars:
        job="topology/summarise_stability",
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        **run_by("topology/summarise_stability"),
        cities=WORLDS.probes,
