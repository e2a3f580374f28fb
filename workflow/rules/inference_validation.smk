# inference, held to account: how good the networks are whose maps are judged.


rule score_networks:
    input:
        predictions=of_networks(
            "<results>/inference/{city}/{scheme}/{network}/predictions.parquet",
            TRAINED,
        ),
    output:
        scores="<results>/inference/network_scores.csv",
        summary="<results>/inference/network_summary.csv",
        reliability="<results>/inference/network_reliability.csv",
    log:
        "<logs>/inference/score_networks.log",
    benchmark:
        "<benchmarks>/inference/score_networks.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        code=code("inference/score_networks.py"),
        trained=TRAINED,
        styles=WORLD_STYLES,
        threads=config["threads"],
    script:
        "../scripts/inference/score_networks.py"
