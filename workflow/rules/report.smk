# report: how the study came about, and one page that shows everything and needs no network.
#   snakemake --cores all write_report --configfile config/demo.yaml


include: "report_paths.smk"


use rule scripted as write_provenance with:
    input:
        manifest=rules.write_manifest.output.manifest,
        results=ASKED_FOR,
    output:
        provenance="<results>/provenance.json",
    pathvars:
        job="report/write_provenance",
    localrule: True
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=minutes(5),
    params:
        **run_by("report/write_provenance"),
        config=config,
        root=str(CHECKOUT),
        benchmarks=f"results/{config['study']}/benchmarks",
        others=names_of_others(),


# What the jobs that were run cost, from which `preflight` foretells what others will: asked for by
# name, after a study. A file of config/costs has the name of its study.
use rule scripted as write_costs with:
    output:
        costs="<results>/costs.json",
    pathvars:
        job="report/write_costs",
    localrule: True
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        **run_by("report/write_costs"),
        targets=config["targets"],
        snakefile=f"{HERE}/Snakefile",
        configured=CONFIGURED,
        config=config,
        root=str(CHECKOUT),


# What every stage left out, filled or found odd, in one table.
use rule scripted as collect_left_out with:
    input:
        tables=left_out_files(),
    output:
        left_out="<results>/left_out.csv",
    pathvars:
        job="report/collect_left_out",
    localrule: True
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=minutes(5),
    params:
        **run_by("report/collect_left_out"),


use rule scripted as write_report with:
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
            scheme=STUDY.city_schemes,
        ),
        sets=expand(
            "<results>/inference/{city}/{scheme}/prediction_sets.parquet",
            city=MAPPED_CITIES,
            scheme=STUDY.city_schemes,
        ),
        ratios=expand(
            "<results>/topology/{city}/{scheme}/tile_ratios.parquet",
            city=MAPPED_CITIES,
            scheme=STUDY.city_schemes[:1],
        ),
        districts=expand("<results>/districts/{level}.parquet", level=MAPPED_LEVELS),
        gps=[
            f"<results>/ssig/predictions/{level}-{income}-{scheme}-gps.parquet"
            for level, income, scheme in PREDICTED_TASKS
        ],
        applicability=[
            f"<results>/ssig/applicability/{level}-{income}-{scheme}.parquet"
            for level, income, scheme in PREDICTED_TASKS
        ],
        coverage="<results>/ssig/coverage.csv" if MAPPED_LEVELS else [],
        shapley=[
            f"<results>/shapley/{level}-{income}-{mode}.parquet"
            for level, income, mode in EXPLAINED_TASKS
        ],
    output:
        page="<results>/report.html",
    pathvars:
        job="report/write_report",
    localrule: True
    threads: 2
    resources:
        mem_mb=memory(4000),
        runtime=minutes(20),
    params:
        **run_by("report/write_report"),
        unasked=not_asked_for(),
        cities={city: STUDY.city_names[city] for city in MAPPED_CITIES},
        labels=STUDY.income_labels,
        schemes=STUDY.city_schemes,
        levels={level: STUDY.level_names[level] for level in MAPPED_LEVELS},
        predicted=PREDICTED_TASKS,
        explained=EXPLAINED_TASKS,
        mode=STUDY.figure_mode,


# The folder of the results as an RO-Crate, for archives; asked for by name.
use rule scripted as write_ro_crate with:
    input:
        workflow=str(CHECKOUT / "Snakefile"),
        provenance=rules.write_provenance.output.provenance,
        page=rules.write_report.output.page,
        exhibits=EXHIBITS,
    output:
        crate="<results>/ro-crate-metadata.json",
        workflow="<results>/incomelens.smk",
    pathvars:
        job="report/write_ro_crate",
    localrule: True
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=minutes(5),
    params:
        **run_by("report/write_ro_crate"),
        results=lambda wildcards, input: [
            input.page,
            input.provenance,
            *input.exhibits,
        ],
