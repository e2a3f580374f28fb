# paper, aerial study: the tables and figures of its data, drawn and laid out from tables and tiles
# that earlier stages wrote. Every target has the paper's number: `snakemake aerial_figure_1`.


include: "paper_aerial_paths.smk"


rule aerial_table_1:
    input:
        cells=expand("<results>/cells/{city}.parquet", city=CITIES),
        land_use=expand("<results>/cells/{city}-land_use.parquet", city=CITIES),
        plan=expand("<results>/tiles/{city}/plan.parquet", city=CITIES),
        index=expand("<results>/tiles/{city}/index.parquet", city=CITIES),
        reference=CHECKOUT / "config/paper_reference.yaml",
    output:
        csv=report(
            "<results>/paper/aerial/table1.csv",
            caption="../report/aerial_table_1.rst",
            category="Aerial study",
            subcategory="Tables",
            labels={"table": "Table 1"},
        ),
        md="<results>/paper/aerial/table1.md",
        tex="<results>/paper/aerial/table1.tex",
    log:
        "<logs>/paper/aerial_table_1.log",
    benchmark:
        "<benchmarks>/paper/aerial_table_1.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=minutes(10),
    params:
        code=code("paper/aerial_table_1.py"),
        names=CITY_NAMES,
        sources=registry_of_cities(),
        tile_px=config["tiles"]["tile_px"],
    script:
        "../scripts/paper/aerial_table_1.py"


rule aerial_sample_sizes:
    input:
        shares=expand("<results>/tiles/{city}/land_use_shares.parquet", city=CITIES),
        predictions=inferred("predictions.parquet", "random"),
    output:
        csv=report(
            "<results>/paper/aerial/sample_sizes.csv",
            caption="../report/aerial_sample_sizes.rst",
            category="Aerial study",
            subcategory="Tables",
            labels={"table": "Sample sizes"},
        ),
        md="<results>/paper/aerial/sample_sizes.md",
        tex="<results>/paper/aerial/sample_sizes.tex",
    log:
        "<logs>/paper/aerial_sample_sizes.log",
    benchmark:
        "<benchmarks>/paper/aerial_sample_sizes.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        code=code("paper/aerial_sample_sizes.py"),
        names=CITY_NAMES,
    script:
        "../scripts/paper/aerial_sample_sizes.py"


rule aerial_dropped_cells:
    input:
        cells=expand("<results>/cells/{city}.parquet", city=CITIES),
        index=expand("<results>/tiles/{city}/index.parquet", city=CITIES),
    output:
        csv=report(
            "<results>/paper/aerial/dropped_cells.csv",
            caption="../report/aerial_dropped_cells.rst",
            category="Aerial study",
            subcategory="Tables",
            labels={"table": "Dropped cells"},
        ),
        md="<results>/paper/aerial/dropped_cells.md",
        tex="<results>/paper/aerial/dropped_cells.tex",
    log:
        "<logs>/paper/aerial_dropped_cells.log",
    benchmark:
        "<benchmarks>/paper/aerial_dropped_cells.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        code=code("paper/aerial_dropped_cells.py"),
        names=CITY_NAMES,
    script:
        "../scripts/paper/aerial_dropped_cells.py"


rule aerial_deviations:
    input:
        deviations=CHECKOUT / "config/deviations.yaml",
    output:
        csv=report(
            "<results>/paper/aerial/deviations.csv",
            caption="../report/aerial_deviations.rst",
            category="Aerial study",
            subcategory="Tables",
            labels={"table": "Deviations"},
        ),
        md="<results>/paper/aerial/deviations.md",
        tex="<results>/paper/aerial/deviations.tex",
    log:
        "<logs>/paper/aerial_deviations.log",
    benchmark:
        "<benchmarks>/paper/aerial_deviations.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        code=code("paper/aerial_deviations.py"),
    script:
        "../scripts/paper/aerial_deviations.py"


rule aerial_figure_1:
    input:
        cells=f"<results>/cells/{FIRST_CITY}.parquet",
        land_use=f"<results>/cells/{FIRST_CITY}-land_use.parquet",
        index=f"<results>/tiles/{FIRST_CITY}/index.parquet",
        shards=shards(FIRST_CITY) if CITIES else [],
    output:
        pdf="<results>/paper/aerial/fig1.pdf",
        png=report(
            "<results>/paper/aerial/fig1.png",
            caption="../report/aerial_figure_1.rst",
            category="Aerial study",
            subcategory="Figures",
            labels={"figure": "Fig. 1"},
        ),
        table="<results>/paper/aerial/fig1.csv",
    log:
        "<logs>/paper/aerial_figure_1.log",
    benchmark:
        "<benchmarks>/paper/aerial_figure_1.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=minutes(30),
    params:
        code=code("paper/aerial_figure_1.py"),
        name=CITY_NAMES.get(FIRST_CITY),
    script:
        "../scripts/paper/aerial_figure_1.py"


rule aerial_income_map:
    input:
        cells="<results>/cells/{city}.parquet",
        land_use="<results>/cells/{city}-land_use.parquet",
        folds="<results>/folds/{city}-random.parquet",
        classes="<results>/folds/{city}-classes.csv",
    output:
        pdf="<results>/paper/aerial/income_{city}.pdf",
        png=report(
            "<results>/paper/aerial/income_{city}.png",
            caption="../report/aerial_income_map.rst",
            category="Aerial study",
            subcategory="Figures",
            labels={"figure": "Income classes, {city}"},
        ),
        table="<results>/paper/aerial/income_{city}.csv",
    log:
        "<logs>/paper/aerial_income_map/{city}.log",
    benchmark:
        "<benchmarks>/paper/aerial_income_map/{city}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=minutes(30),
    params:
        code=code("paper/aerial_income_map.py"),
        name=lambda wildcards: CITY_NAMES[wildcards.city],
    script:
        "../scripts/paper/aerial_income_map.py"


rule aerial_income_maps:
    input:
        expand(
            "<results>/paper/aerial/income_{city}.{format}",
            city=CITIES,
            format=["pdf", "png"],
        ),
    localrule: True


# A study without cities has nothing to show.
rule aerial_data_paper:
    input:
        [
            rules.aerial_table_1.output,
            rules.aerial_sample_sizes.output,
            rules.aerial_dropped_cells.output,
            rules.aerial_deviations.output,
            rules.aerial_figure_1.output,
            rules.aerial_income_maps.input,
        ]
        if CITIES
        else [],
    localrule: True
