# siamese, inputs: what homes of a district sold for, and what it looks like from above and from the
# street. The models that read them stand in siamese.smk.


include: "siamese_paths.smk"


rule select_sales:
    input:
        unpack(sales_files),
        checked=ancient(checked_part("siamese")),
    output:
        sales="<results>/siamese/sales.parquet",
        left_out="<results>/siamese/sales-left_out.csv",
    log:
        "<logs>/siamese/select_sales.log",
    benchmark:
        "<benchmarks>/siamese/select_sales.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(2000),
        runtime=minutes(30),
    params:
        code=code("siamese/select_sales.py"),
        settings=lambda wildcards: modality_settings("prices"),
        threads=config["threads"],
    script:
        "../scripts/siamese/select_sales.py"


rule measure_prices:
    input:
        sales="<results>/siamese/sales.parquet",
        districts="<results>/districts/{level}.parquet",
    output:
        prices="<results>/siamese/prices-{level}.parquet",
        left_out="<results>/siamese/prices-{level}-left_out.csv",
    log:
        "<logs>/siamese/measure_prices/{level}.log",
    benchmark:
        "<benchmarks>/siamese/measure_prices/{level}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(1000),
        runtime=minutes(15),
    params:
        code=code("siamese/measure_prices.py"),
        least_sales=lambda wildcards: modality_settings("prices")["least_sales"],
        threads=config["threads"],
    script:
        "../scripts/siamese/measure_prices.py"


rule plan_satellite_images:
    input:
        checked=ancient(checked_part("siamese")),
        districts=expand("<results>/districts/{level}.parquet", level=LEVELS),
        imagery=satellite_files,
    output:
        orthophotos=directory("<results>/siamese/satellite/orthophotos"),
        listing="<results>/siamese/satellite/orthophotos.parquet",
        squares=expand("<results>/siamese/satellite/{level}.parquet", level=LEVELS),
    log:
        "<logs>/siamese/plan_satellite_images.log",
    benchmark:
        "<benchmarks>/siamese/plan_satellite_images.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(4000),
        runtime=minutes(720),
    params:
        code=code("siamese/plan_satellite_images.py"),
        levels=LEVELS,
        settings=lambda wildcards: modality_settings("satellite"),
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/siamese/plan_satellite_images.py"


rule cut_satellite_images:
    input:
        squares="<results>/siamese/satellite/{level}.parquet",
        districts="<results>/districts/{level}.parquet",
        orthophotos="<results>/siamese/satellite/orthophotos",
        listing="<results>/siamese/satellite/orthophotos.parquet",
    output:
        images=directory("<results>/siamese/images-satellite-{level}.zarr"),
        counts="<results>/siamese/images-satellite-{level}.csv",
        left_out="<results>/siamese/images-satellite-{level}-left_out.csv",
    log:
        "<logs>/siamese/cut_satellite_images/{level}.log",
    benchmark:
        "<benchmarks>/siamese/cut_satellite_images/{level}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(2000),
        runtime=minutes(240),
    params:
        code=code("siamese/cut_satellite_images.py"),
        settings=lambda wildcards: modality_settings("satellite"),
        threads=config["threads"],
    script:
        "../scripts/siamese/cut_satellite_images.py"


rule collect_street_views:
    input:
        checked=ancient(checked_part("siamese")),
        districts="<results>/districts/{level}.parquet",
        views=street_view_files,
    output:
        images=directory("<results>/siamese/images-street_view-{level}.zarr"),
        counts="<results>/siamese/images-street_view-{level}.csv",
        left_out="<results>/siamese/images-street_view-{level}-left_out.csv",
    log:
        "<logs>/siamese/collect_street_views/{level}.log",
    benchmark:
        "<benchmarks>/siamese/collect_street_views/{level}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(2000),
        runtime=minutes(1440),
    params:
        code=code("siamese/collect_street_views.py"),
        settings=lambda wildcards: modality_settings("street_view"),
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/siamese/collect_street_views.py"


# Everything that the baselines read, of the modalities that the study has.
rule siamese_inputs:
    input:
        siamese_input_files(),
    localrule: True
