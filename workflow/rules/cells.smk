# cells: the cells of a city with their income, and its land use in the classes of the study's list.


use rule scripted as build_cells with:
    input:
        checked=ancient(RAW.checked("aerial")),
        income=lambda wildcards: RAW.of_city(wildcards.city, "income"),
        land_use=lambda wildcards: RAW.of_city(wildcards.city, "land_use"),
        boundary=lambda wildcards: RAW.boundary_of_city(wildcards.city),
    output:
        cells="<results>/cells/{city}.parquet",
        land_use="<results>/cells/{city}-land_use.parquet",
        left_out="<results>/cells/{city}-left_out.csv",
    pathvars:
        job="cells/build_cells/{city}",
    resources:
        mem_mb=memory(2000, per_input_mb=20),
        runtime=minutes(60),
    params:
        **run_by("cells/build_cells"),
        reader=lambda wildcards: config["city"][wildcards.city]["income"]["reader"],
        reader_options=lambda wildcards: RAW.reader_options(wildcards.city),
        label=lambda wildcards: STUDY.income_label(wildcards.city),
        land_use=lambda wildcards: RAW.land_use_options(wildcards.city),
        settings=config["cells"],
