# folds: which unit is held out when. Every model of a study reads the same file.


rule assign_district_folds:
    input:
        districts="<results>/districts/{level}.parquet",
    output:
        folds="<results>/folds/{level}-{scheme}.parquet",
    log:
        "<logs>/folds/assign_district_folds/{level}-{scheme}.log",
    benchmark:
        "<benchmarks>/folds/assign_district_folds/{level}-{scheme}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        code=code("folds/assign_district_folds.py"),
        seed=config["seed"],
        n_folds=config["folds"]["n_folds"],
        n_blocks=config["folds"]["n_blocks"],
        buffer_km=config["folds"]["buffer_km"],
        threads=config["threads"],
    script:
        "../scripts/folds/assign_district_folds.py"


rule assign_city_folds:
    input:
        cells="<results>/cells/{city}.parquet",
        index="<results>/tiles/{city}/index.parquet",
    output:
        folds=expand("<results>/folds/{{city}}-{scheme}.parquet", scheme=CITY_SCHEMES),
        classes="<results>/folds/{city}-classes.csv",
    log:
        "<logs>/folds/assign_city_folds/{city}.log",
    benchmark:
        "<benchmarks>/folds/assign_city_folds/{city}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(2000),
        runtime=minutes(20),
    params:
        code=code("folds/assign_city_folds.py"),
        seed=config["seed"],
        schemes=CITY_SCHEMES,
        n_folds=config["folds"]["cities"]["n_folds"],
        block_km=config["folds"]["cities"]["block_km"],
        threads=config["threads"],
    script:
        "../scripts/folds/assign_city_folds.py"
