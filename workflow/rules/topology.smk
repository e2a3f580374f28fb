# topology: what the sums of saliency say of urban classes and their neighbours; H0 and H1.


rule measure_activation:
    input:
        attribution="<results>/attribution/{city}/{scheme}.parquet",
        pairings="<results>/attribution/{city}/{scheme}-pairings.parquet",
        predictions="<results>/inference/{city}/{scheme}/predictions.parquet",
        folds="<results>/folds/{city}-{scheme}.parquet",
    output:
        ratios="<results>/topology/{city}/{scheme}/activation_ratios.csv",
        tiles="<results>/topology/{city}/{scheme}/tile_ratios.parquet",
        coactivation="<results>/topology/{city}/{scheme}/coactivation.csv",
    log:
        "<logs>/topology/measure_activation/{city}-{scheme}.log",
    benchmark:
        "<benchmarks>/topology/measure_activation/{city}-{scheme}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(2000, per_input_mb=100),
        runtime=minutes(60, per_input_mb=4),
    params:
        code=code("topology/measure_activation.py"),
        seed=config["seed"],
        settings=config["topology"],
        n_cities=len(CITIES),
        threads=config["threads"],
    script:
        "../scripts/topology/measure_activation.py"


rule measure_appearance:
    input:
        shares="<results>/tiles/{city}/land_use_shares.parquet",
        predictions="<results>/inference/{city}/random/predictions.parquet",
        folds="<results>/folds/{city}-random.parquet",
    output:
        probabilities="<results>/topology/{city}/probabilities.csv",
        gains="<results>/topology/{city}/gains.csv",
    log:
        "<logs>/topology/measure_appearance/{city}.log",
    benchmark:
        "<benchmarks>/topology/measure_appearance/{city}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(4000),
        runtime=minutes(60),
    params:
        code=code("topology/measure_appearance.py"),
        seed=config["seed"],
        n_resamples=config["topology"]["resamples"],
        threads=config["threads"],
    script:
        "../scripts/topology/measure_appearance.py"


rule judge_hypotheses:
    input:
        ratios=expand(
            "<results>/topology/{city}/{{scheme}}/activation_ratios.csv", city=CITIES
        ),
        coactivations=expand(
            "<results>/topology/{city}/{{scheme}}/coactivation.csv", city=CITIES
        ),
    output:
        h0="<results>/topology/h0-{scheme}.csv",
        h1="<results>/topology/h1-{scheme}.csv",
    log:
        "<logs>/topology/judge_hypotheses/{scheme}.log",
    benchmark:
        "<benchmarks>/topology/judge_hypotheses/{scheme}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(2000),
        runtime=minutes(20),
    params:
        code=code("topology/judge_hypotheses.py"),
        cities=CITIES,
        threads=config["threads"],
    script:
        "../scripts/topology/judge_hypotheses.py"
