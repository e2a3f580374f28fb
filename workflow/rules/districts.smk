# districts: one tidy table a level, whatever the city's data look like, and Table 1's inequality.


use rule scripted as build_districts with:
    input:
        unpack(lambda wildcards: RAW.of_level(wildcards.level)),
        checked=ancient(RAW.checked("district")),
    output:
        districts="<results>/districts/{level}.parquet",
        left_out="<results>/districts/{level}-left_out.csv",
    pathvars:
        job="districts/build_districts/{level}",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(15),
    params:
        **run_by("districts/build_districts"),
        settings=lambda wildcards: config["districts"][wildcards.level],
        incomes=STUDY.incomes,
        sizes=vars(STUDY.sizes),


use rule scripted as measure_inequality with:
    input:
        districts=expand("<results>/districts/{level}.parquet", level=STUDY.levels),
    output:
        inequality="<results>/districts/inequality.csv",
    pathvars:
        job="districts/measure_inequality",
    resources:
        mem_mb=memory(1000),
        runtime=minutes(15),
    params:
        **run_by("districts/measure_inequality"),
        levels=STUDY.levels,
        incomes=STUDY.incomes,
        n_resamples=config["districts"]["resamples"],
        seed=config["seed"],
