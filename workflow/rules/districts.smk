# districts: one tidy table a level, whatever the city's data look like, and Table 1's inequality.


include: "districts_paths.smk"


rule build_districts:
    input:
        unpack(district_files),
        checked=ancient(checked_part("district")),
    output:
        districts="<results>/districts/{level}.parquet",
        left_out="<results>/districts/{level}-left_out.csv",
    log:
        "<logs>/districts/build_districts/{level}.log",
    benchmark:
        "<benchmarks>/districts/build_districts/{level}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(4000),
        runtime=minutes(15),
    params:
        code=code("districts/build_districts.py"),
        settings=lambda wildcards: config["districts"][wildcards.level],
        incomes=INCOMES,
        sizes=asdict(SIZES),
        threads=config["threads"],
    script:
        "../scripts/districts/build_districts.py"


rule measure_inequality:
    input:
        districts=expand("<results>/districts/{level}.parquet", level=LEVELS),
    output:
        inequality="<results>/districts/inequality.csv",
    log:
        "<logs>/districts/measure_inequality.log",
    benchmark:
        "<benchmarks>/districts/measure_inequality.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(1000),
        runtime=minutes(15),
    params:
        code=code("districts/measure_inequality.py"),
        levels=LEVELS,
        incomes=INCOMES,
        n_resamples=config["districts"]["resamples"],
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/districts/measure_inequality.py"
