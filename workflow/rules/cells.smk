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
        label=lambda wildcards: STUDY.income_labels[wildcards.city],
        land_use=lambda wildcards: RAW.land_use_options(wildcards.city),
        settings=config["cells"],


use rule scripted as place_points with:
    input:
        checked=ancient(RAW.checked("aerial")),
        points=lambda wildcards: RAW.points_of_city(wildcards.city),
        cells="<results>/cells/{city}.parquet",
    output:
        points="<results>/cells/{city}-points.parquet",
        counts="<results>/cells/{city}-point_counts.parquet",
        left_out="<results>/cells/{city}-points-left_out.csv",
    pathvars:
        job="cells/place_points/{city}",
    resources:
        mem_mb=memory(1000, per_input_mb=20),
        runtime=minutes(20),
    params:
        **run_by("cells/place_points"),
        kinds=lambda wildcards: list(STUDY.points(wildcards.city)),
        options=lambda wildcards: RAW.point_options(wildcards.city),
        radius_m=STUDY.point_radii,
