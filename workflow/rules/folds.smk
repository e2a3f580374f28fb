# folds: which unit is held out when. Every model of a study reads the same file.


use rule scripted as assign_district_folds with:
    input:
        districts="<results>/districts/{level}.parquet",
    output:
        folds="<results>/folds/{level}-{scheme}.parquet",
    pathvars:
        job="folds/assign_district_folds/{level}-{scheme}",
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        **run_by("folds/assign_district_folds"),
        seed=config["seed"],
        n_folds=config["folds"]["n_folds"],
        n_blocks=config["folds"]["n_blocks"],
        buffer_km=config["folds"]["buffer_km"],
        knndm_places=config["folds"]["knndm_places"],


use rule scripted as measure_fold_distances with:
    input:
        districts="<results>/districts/{level}.parquet",
        folds=expand("<results>/folds/{{level}}-{scheme}.parquet", scheme=STUDY.schemes),
    output:
        distances="<results>/folds/{level}-distances.csv",
        matches="<results>/folds/{level}-matches.csv",
    pathvars:
        job="folds/measure_fold_distances/{level}",
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        **run_by("folds/measure_fold_distances"),
        schemes=STUDY.schemes,


use rule scripted as assign_city_folds with:
    input:
        cells="<results>/cells/{city}.parquet",
        index="<results>/tiles/{city}/index.parquet",
    output:
        folds=expand(
            "<results>/folds/{{city}}-{scheme}.parquet", scheme=STUDY.city_schemes
        ),
        classes="<results>/folds/{city}-classes.csv",
    pathvars:
        job="folds/assign_city_folds/{city}",
    wildcard_constraints:
        city=STUDY.own_city_form,
    params:
        **run_by("folds/assign_city_folds"),
        seed=config["seed"],
        schemes=STUDY.city_schemes,
        n_folds=config["folds"]["cities"]["n_folds"],
        block_km=config["folds"]["cities"]["block_km"],
        group=config["folds"]["cities"]["group"],


# Of imagery of another date: what is held out are the places of the city's own folds.
use rule scripted as take_city_folds with:
    input:
        folds=lambda wildcards: f"<results>/folds/{STUDY.first_date[wildcards.city]}-{{scheme}}.parquet",
        index="<results>/tiles/{city}/index.parquet",
    output:
        folds="<results>/folds/{city}-{scheme}.parquet",
    pathvars:
        job="folds/take_city_folds/{city}-{scheme}",
    wildcard_constraints:
        city=STUDY.date_form,
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        **run_by("folds/take_city_folds"),


use rule scripted as measure_leakage with:
    input:
        folds=expand(
            "<results>/folds/{{city}}-{scheme}.parquet", scheme=STUDY.city_schemes
        ),
    output:
        leakage="<results>/folds/{city}-leakage.csv",
    pathvars:
        job="folds/measure_leakage/{city}",
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        **run_by("folds/measure_leakage"),
        schemes=STUDY.city_schemes,
        buffer_cells=config["folds"]["cities"]["buffer_cells"],
