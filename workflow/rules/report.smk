# report: how the study came about, and one page that shows everything and needs no network.
#   snakemake --cores all write_report --configfile config/demo.yaml


include: "report_paths.smk"


rule write_provenance:
    input:
        manifest=rules.write_manifest.output.manifest,
        results=ASKED_FOR,
    output:
        provenance="<results>/provenance.json",
    log:
        "<logs>/report/write_provenance.log",
    benchmark:
        "<benchmarks>/report/write_provenance.tsv"
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=minutes(5),
    params:
        code=code("report/write_provenance.py"),
        config=config,
        root=str(CHECKOUT),
        benchmarks=f"results/{config['study']}/benchmarks",
        others=names_of_others(),
    script:
        "../scripts/report/write_provenance.py"


# What every stage left out, filled or found odd, in one table.
rule collect_left_out:
    input:
        tables=left_out_files(),
    output:
        left_out="<results>/left_out.csv",
    log:
        "<logs>/report/collect_left_out.log",
    benchmark:
        "<benchmarks>/report/collect_left_out.tsv"
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=minutes(5),
    params:
        code=code("report/collect_left_out.py"),
    script:
        "../scripts/report/collect_left_out.py"


rule write_report:
    input:
        exhibits=[file for file in EXHIBITS if file.endswith(".json")],
        files=EXHIBITS,
        templates=expand(
            CHECKOUT / "src/incomelens/report/templates/{name}",
            name=["page.html", "style.css", "map.js"],
        ),
        left_out=rules.collect_left_out.output.left_out,
        provenance=rules.write_provenance.output.provenance,
        deviations=DEVIATIONS,
        cells=expand("<results>/cells/{city}.parquet", city=MAPPED_CITIES),
        predictions=expand(
            "<results>/inference/{city}/{scheme}/predictions.parquet",
            city=MAPPED_CITIES,
            scheme=CITY_SCHEMES,
        ),
        ratios=expand(
            "<results>/topology/{city}/{scheme}/tile_ratios.parquet",
            city=MAPPED_CITIES,
            scheme=CITY_SCHEMES[:1],
        ),
        districts=expand("<results>/districts/{level}.parquet", level=MAPPED_LEVELS),
        gps=[
            f"<results>/ssig/predictions/{level}-{income}-{scheme}-gps.parquet"
            for level, income, scheme in PREDICTED_TASKS
        ],
        shapley=[
            f"<results>/shapley/{level}-{income}-{mode}.parquet"
            for level, income, mode in EXPLAINED_TASKS
        ],
    output:
        page="<results>/report.html",
    log:
        "<logs>/report/write_report.log",
    benchmark:
        "<benchmarks>/report/write_report.tsv"
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 2
    resources:
        mem_mb=memory(4000),
        runtime=minutes(20),
    params:
        code=code("report/write_report.py"),
        unasked=not_asked_for(),
        cities={city: CITY_NAMES[city] for city in MAPPED_CITIES},
        schemes=CITY_SCHEMES,
        levels={level: LEVEL_NAMES[level] for level in MAPPED_LEVELS},
        predicted=PREDICTED_TASKS,
        explained=EXPLAINED_TASKS,
        mode=SHAPLEY_MODE,
    script:
        "../scripts/report/write_report.py"
