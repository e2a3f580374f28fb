# paper, aerial study: what the network looked at, drawn and laid out from the tables of the stages
# attribution and topology. One job a city for each figure, one for all cities for each table.


rule aerial_figure_4:
    input:
        unpack(lambda wildcards: tiles_of(wildcards.city)),
        maps=expand(
            "<results>/attribution/{{city}}/{scheme}-maps.safetensors",
            scheme=CITY_SCHEMES[:1],
        ),
        land_use="<results>/cells/{city}-land_use.parquet",
    output:
        pdf="<results>/paper/aerial/fig4_{city}.pdf",
        png=report(
            "<results>/paper/aerial/fig4_{city}.png",
            caption="../report/aerial_figure_4.rst",
            category="Aerial study",
            subcategory="Figures",
            labels={"figure": "Fig. 4, {city}"},
        ),
        table="<results>/paper/aerial/fig4_{city}.csv",
    log:
        "<logs>/paper/aerial_figure_4/{city}.log",
    benchmark:
        "<benchmarks>/paper/aerial_figure_4/{city}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=minutes(10),
    params:
        code=code("paper/aerial_figure_4.py"),
        name=lambda wildcards: CITY_NAMES[wildcards.city],
    script:
        "../scripts/paper/aerial_figure_4.py"


rule aerial_figure_5:
    input:
        h0=expand("<results>/topology/h0-{scheme}.csv", scheme=CITY_SCHEMES),
        probabilities="<results>/topology/{city}/probabilities.csv",
    output:
        pdf="<results>/paper/aerial/fig5_{city}.pdf",
        png=report(
            "<results>/paper/aerial/fig5_{city}.png",
            caption="../report/aerial_figure_5.rst",
            category="Aerial study",
            subcategory="Figures",
            labels={"figure": "Fig. 5, {city}"},
        ),
        table="<results>/paper/aerial/fig5_{city}.csv",
        probabilities="<results>/paper/aerial/fig5_{city}_probabilities.csv",
    log:
        "<logs>/paper/aerial_figure_5/{city}.log",
    benchmark:
        "<benchmarks>/paper/aerial_figure_5/{city}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        code=code("paper/aerial_figure_5.py"),
        name=lambda wildcards: CITY_NAMES[wildcards.city],
        schemes=CITY_SCHEMES,
    script:
        "../scripts/paper/aerial_figure_5.py"


rule aerial_figure_6:
    input:
        h1=expand("<results>/topology/h1-{scheme}.csv", scheme=CITY_SCHEMES),
        gains="<results>/topology/{city}/gains.csv",
        reference=REFERENCE,
    output:
        pdf="<results>/paper/aerial/fig6_{city}.pdf",
        png=report(
            "<results>/paper/aerial/fig6_{city}.png",
            caption="../report/aerial_figure_6.rst",
            category="Aerial study",
            subcategory="Figures",
            labels={"figure": "Fig. 6, {city}"},
        ),
        table="<results>/paper/aerial/fig6_{city}.csv",
    log:
        "<logs>/paper/aerial_figure_6/{city}.log",
    benchmark:
        "<benchmarks>/paper/aerial_figure_6/{city}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        code=code("paper/aerial_figure_6.py"),
        name=lambda wildcards: CITY_NAMES[wildcards.city],
        schemes=CITY_SCHEMES,
    script:
        "../scripts/paper/aerial_figure_6.py"


rule aerial_h0:
    input:
        h0=expand("<results>/topology/h0-{scheme}.csv", scheme=CITY_SCHEMES),
    output:
        csv=report(
            "<results>/paper/aerial/h0.csv",
            caption="../report/aerial_h0.rst",
            category="Aerial study",
            subcategory="Tables",
            labels={"table": "H0"},
        ),
        md="<results>/paper/aerial/h0.md",
        tex="<results>/paper/aerial/h0.tex",
    log:
        "<logs>/paper/aerial_h0.log",
    benchmark:
        "<benchmarks>/paper/aerial_h0.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        code=code("paper/aerial_h0.py"),
        names=CITY_NAMES,
        schemes=CITY_SCHEMES,
    script:
        "../scripts/paper/aerial_h0.py"


rule aerial_h1:
    input:
        h1=expand("<results>/topology/h1-{scheme}.csv", scheme=CITY_SCHEMES),
        reference=REFERENCE,
    output:
        csv=report(
            "<results>/paper/aerial/h1.csv",
            caption="../report/aerial_h1.rst",
            category="Aerial study",
            subcategory="Tables",
            labels={"table": "H1"},
        ),
        md="<results>/paper/aerial/h1.md",
        tex="<results>/paper/aerial/h1.tex",
    log:
        "<logs>/paper/aerial_h1.log",
    benchmark:
        "<benchmarks>/paper/aerial_h1.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        code=code("paper/aerial_h1.py"),
        names=CITY_NAMES,
        schemes=CITY_SCHEMES,
    script:
        "../scripts/paper/aerial_h1.py"


rule aerial_topology_values:
    input:
        h1=expand("<results>/topology/h1-{scheme}.csv", scheme=CITY_SCHEMES),
        gains=expand("<results>/topology/{city}/gains.csv", city=CITIES),
        reference=REFERENCE,
    output:
        csv=report(
            "<results>/paper/aerial/topology_values.csv",
            caption="../report/aerial_topology_values.rst",
            category="Aerial study",
            subcategory="Tables",
            labels={"table": "Values of Fig. 6 beside the preprint"},
        ),
        md="<results>/paper/aerial/topology_values.md",
        tex="<results>/paper/aerial/topology_values.tex",
    log:
        "<logs>/paper/aerial_topology_values.log",
    benchmark:
        "<benchmarks>/paper/aerial_topology_values.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        code=code("paper/aerial_topology_values.py"),
        names=CITY_NAMES,
        schemes=CITY_SCHEMES,
    script:
        "../scripts/paper/aerial_topology_values.py"


use rule exhibit as aerial_claims with:
    input:
        h0=expand("<results>/topology/h0-{scheme}.csv", scheme=CITY_SCHEMES),
        h1=expand("<results>/topology/h1-{scheme}.csv", scheme=CITY_SCHEMES),
        probabilities=expand("<results>/topology/{city}/probabilities.csv", city=CITIES),
        gains=expand("<results>/topology/{city}/gains.csv", city=CITIES),
        summary=inferred("summary.csv"),
        classes=inferred("classes.csv"),
        comparisons=inferred("comparisons.csv"),
    output:
        **table("aerial/claims", "Claims ledger", "aerial_claims"),
        cases="<results>/paper/aerial/claims_cases.csv",
    pathvars:
        exhibit="aerial_claims",
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        **made_by(
            "claims.aerial",
            names=CITY_NAMES,
            schemes=CITY_SCHEMES,
            places=CITY_PLACES,
            networks=config["inference"]["networks"],
        ),


# The paper shows Paris in its Figs. 5 and 6 and the other cities in supplements; Fig. 4 is one tile.
rule aerial_topology_paper:
    input:
        [
            rules.aerial_h0.output,
            rules.aerial_h1.output,
            rules.aerial_topology_values.output,
            rules.aerial_claims.output,
            city_figures("fig4", [FIRST_CITY]),
            city_figures("fig5"),
            city_figures("fig6"),
        ]
        if CITIES and CITY_SCHEMES
        else [],
    localrule: True
