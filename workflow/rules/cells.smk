# cells: the census cells of a city with their income, and its land use in 19 classes.


rule build_cells:
    input:
        checked=ancient(checked_part("aerial")),
        income=lambda wildcards: city_files(wildcards.city, "income"),
        land_use=lambda wildcards: city_files(wildcards.city, "land_use"),
    output:
        cells="<results>/cells/{city}.parquet",
        land_use="<results>/cells/{city}-land_use.parquet",
        left_out="<results>/cells/{city}-left_out.csv",
    log:
        "<logs>/cells/build_cells/{city}.log",
    benchmark:
        "<benchmarks>/cells/build_cells/{city}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(2000, per_input_mb=20),
        runtime=minutes(60),
    params:
        code=code("cells/build_cells.py"),
        reader=lambda wildcards: config["city"][wildcards.city]["income"]["reader"],
        reader_options=lambda wildcards: reader_options(wildcards.city),
        city_in_delivery=lambda wildcards: config["city"][wildcards.city]["land_use"][
            "city"
        ],
        settings=config["cells"],
        threads=config["threads"],
    script:
        "../scripts/cells/build_cells.py"
