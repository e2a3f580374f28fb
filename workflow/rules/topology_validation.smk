# topology, held to account: do the ratios find what was planted, and do they come out alike again?


# Low and high are those that `main` predicts, so that all networks are judged on the same tiles;
# one that knows nothing would predict the middle class nearly everywhere.
rule measure_network_activation:
    input:
        attribution="<results>/attribution/{city}/{scheme}-{network}.parquet",
        pairings="<results>/attribution/{city}/{scheme}-{network}-pairings.parquet",
        predictions="<results>/inference/{city}/{scheme}/main/predictions.parquet",
        folds="<results>/folds/{city}-{scheme}.parquet",
    output:
        ratios="<results>/topology/{city}/{scheme}-{network}/activation_ratios.csv",
        coactivation="<results>/topology/{city}/{scheme}-{network}/coactivation.csv",
    log:
        "<logs>/topology/measure_network_activation/{city}-{scheme}-{network}.log",
    benchmark:
        "<benchmarks>/topology/measure_network_activation/{city}-{scheme}-{network}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(4000),
        runtime=minutes(120),
    params:
        code=code("topology/measure_activation.py"),
        seed=config["seed"],
        settings=config["topology"],
        n_cities=1,  # judged one by one
        threads=config["threads"],
    script:
        "../scripts/topology/measure_activation.py"


rule judge_planted:
    input:
        planted="<results>/demo/planted.csv",
        ratios=of_networks(
            "<results>/topology/{city}/{scheme}-{network}/activation_ratios.csv",
            TRAINED,
        ),
        coactivations=of_networks(
            "<results>/topology/{city}/{scheme}-{network}/coactivation.csv", TRAINED
        ),
        occlusions=of_networks(
            "<results>/attribution/{city}/{scheme}-{network}-occlusion.parquet",
            [(city, "main") for city in WORLDS],
        ),
        predictions=of_networks(
            "<results>/inference/{city}/{scheme}/{network}/predictions.parquet",
            [(city, "main") for city in WORLDS],
        ),
        folds=expand(
            "<results>/folds/{city}-{scheme}.parquet",
            city=WORLDS,
            scheme=VALIDATION_SCHEME,
        ),
    output:
        ratios="<results>/topology/planted_ratios.csv",
        ranks="<results>/topology/planted_ranks.csv",
        hits="<results>/topology/planted_hits.csv",
        decisions="<results>/topology/planted_h0.csv",
        pairs="<results>/topology/planted_h1.csv",
    log:
        "<logs>/topology/judge_planted.log",
    benchmark:
        "<benchmarks>/topology/judge_planted.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(4000),
        runtime=minutes(30),
    params:
        code=code("topology/judge_planted.py"),
        seed=config["seed"],
        cities=WORLD_NAMES,
        trained=TRAINED,
        n_resamples=config["topology"]["resamples"],
        least_tiles=config["topology"]["least_tiles"],
        threads=config["threads"],
    script:
        "../scripts/topology/judge_planted.py"


rule measure_stability:
    input:
        attributions=of_probe_networks(
            "<results>/attribution/{city}/{scheme}-{network}.parquet"
        ),
        predictions="<results>/inference/{city}/{scheme}/main/predictions.parquet",
        folds="<results>/folds/{city}-{scheme}.parquet",
    output:
        stability="<results>/topology/{city}/{scheme}-stability.csv",
    log:
        "<logs>/topology/measure_stability/{city}-{scheme}.log",
    benchmark:
        "<benchmarks>/topology/measure_stability/{city}-{scheme}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(4000),
        runtime=minutes(30),
    params:
        code=code("topology/measure_stability.py"),
        networks=PROBE_NETWORKS,
        least_tiles=config["topology"]["least_tiles"],
        threads=config["threads"],
    script:
        "../scripts/topology/measure_stability.py"


rule summarise_stability:
    input:
        stabilities=of_probes("<results>/topology/{city}/{scheme}-stability.csv"),
    output:
        stability="<results>/topology/stability.csv",
    log:
        "<logs>/topology/summarise_stability.log",
    benchmark:
        "<benchmarks>/topology/summarise_stability.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        code=code("topology/summarise_stability.py"),
        cities=PROBES,
        threads=config["threads"],
    script:
        "../scripts/topology/summarise_stability.py"
