# paper, aerial study: how well income classes are inferred, drawn and laid out from the tables of
# the stage inference. One job a figure for all cities, but a map for each.

from itertools import product

CITY_PLACES = list(product(CITIES, CITY_SCHEMES))


rule aerial_figure_2:
    input:
        confusion=inferred("confusion.csv", "random"),
        summary=inferred("summary.csv", "random"),
        reference=CHECKOUT / "config/paper_reference.yaml",
    output:
        pdf="<results>/paper/aerial/fig2.pdf",
        png=report(
            "<results>/paper/aerial/fig2.png",
            caption="../report/aerial_figure_2.rst",
            category="Aerial study",
            subcategory="Figures",
            labels={"figure": "Fig. 2"},
        ),
        table="<results>/paper/aerial/fig2.csv",
        csv=report(
            "<results>/paper/aerial/fig2_scores.csv",
            caption="../report/aerial_figure_2.rst",
            category="Aerial study",
            subcategory="Tables",
            labels={"table": "Scores of Fig. 2"},
        ),
        md="<results>/paper/aerial/fig2_scores.md",
        tex="<results>/paper/aerial/fig2_scores.tex",
    log:
        "<logs>/paper/aerial_figure_2.log",
    benchmark:
        "<benchmarks>/paper/aerial_figure_2.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        code=code("paper/aerial_figure_2.py"),
        names=CITY_NAMES,
        places=[(city, "random") for city in CITIES],
        folds="random folds",
    script:
        "../scripts/paper/aerial_figure_2.py"


use rule aerial_figure_2 as aerial_figure_2_block with:
    input:
        confusion=inferred("confusion.csv", "block"),
        summary=inferred("summary.csv", "block"),
        reference=CHECKOUT / "config/paper_reference.yaml",
    output:
        pdf="<results>/paper/aerial/fig2_block.pdf",
        png=report(
            "<results>/paper/aerial/fig2_block.png",
            caption="../report/aerial_figure_2.rst",
            category="Aerial study",
            subcategory="Figures",
            labels={"figure": "Fig. 2, spatial blocks"},
        ),
        table="<results>/paper/aerial/fig2_block.csv",
        csv=report(
            "<results>/paper/aerial/fig2_block_scores.csv",
            caption="../report/aerial_figure_2.rst",
            category="Aerial study",
            subcategory="Tables",
            labels={"table": "Scores of Fig. 2, spatial blocks"},
        ),
        md="<results>/paper/aerial/fig2_block_scores.md",
        tex="<results>/paper/aerial/fig2_block_scores.tex",
    log:
        "<logs>/paper/aerial_figure_2_block.log",
    benchmark:
        "<benchmarks>/paper/aerial_figure_2_block.tsv"
    params:
        code=code("paper/aerial_figure_2.py"),
        names=CITY_NAMES,
        places=[(city, "block") for city in CITIES],
        folds="spatial blocks",


rule aerial_figure_3:
    input:
        cells="<results>/cells/{city}.parquet",
        predictions=expand(
            "<results>/inference/{{city}}/{scheme}/predictions.parquet",
            scheme=CITY_SCHEMES,
        ),
    output:
        pdf="<results>/paper/aerial/fig3_{city}.pdf",
        png=report(
            "<results>/paper/aerial/fig3_{city}.png",
            caption="../report/aerial_figure_3.rst",
            category="Aerial study",
            subcategory="Figures",
            labels={"figure": "Fig. 3, {city}"},
        ),
        table="<results>/paper/aerial/fig3_{city}.csv",
    log:
        "<logs>/paper/aerial_figure_3/{city}.log",
    benchmark:
        "<benchmarks>/paper/aerial_figure_3/{city}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=minutes(30),
    params:
        code=code("paper/aerial_figure_3.py"),
        name=lambda wildcards: CITY_NAMES[wildcards.city],
        schemes=CITY_SCHEMES,
    script:
        "../scripts/paper/aerial_figure_3.py"


rule aerial_figures_3:
    input:
        expand(
            "<results>/paper/aerial/fig3_{city}.{format}",
            city=CITIES,
            format=["pdf", "png"],
        ),
    localrule: True


rule aerial_figure_s1:
    output:
        pdf="<results>/paper/aerial/fig_s1.pdf",
        png=report(
            "<results>/paper/aerial/fig_s1.png",
            caption="../report/aerial_figure_s1.rst",
            category="Aerial study",
            subcategory="Figures",
            labels={"figure": "Supplementary Fig. 1"},
        ),
        table="<results>/paper/aerial/fig_s1.csv",
    log:
        "<logs>/paper/aerial_figure_s1.log",
    benchmark:
        "<benchmarks>/paper/aerial_figure_s1.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=minutes(10),
    params:
        code=code("paper/aerial_architecture.py"),
        networks=config["inference"]["networks"],
        tile_px=config["tiles"]["tile_px"],
    script:
        "../scripts/paper/aerial_architecture.py"


rule aerial_models_table:
    input:
        summary=inferred("summary.csv"),
        comparisons=inferred("comparisons.csv"),
    output:
        csv=report(
            "<results>/paper/aerial/models.csv",
            caption="../report/aerial_models_table.rst",
            category="Aerial study",
            subcategory="Tables",
            labels={"table": "Networks and baselines"},
        ),
        md="<results>/paper/aerial/models.md",
        tex="<results>/paper/aerial/models.tex",
    log:
        "<logs>/paper/aerial_models_table.log",
    benchmark:
        "<benchmarks>/paper/aerial_models_table.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        code=code("paper/aerial_models_table.py"),
        names=CITY_NAMES,
        places=CITY_PLACES,
        networks=config["inference"]["networks"],
    script:
        "../scripts/paper/aerial_models_table.py"


rule aerial_overfitting:
    input:
        summary=inferred("summary.csv"),
        histories=[
            path
            for city, scheme in CITY_PLACES
            for path in fold_models(city, scheme, "main", "history.csv")
        ],
    output:
        pdf="<results>/paper/aerial/overfitting.pdf",
        png=report(
            "<results>/paper/aerial/overfitting.png",
            caption="../report/aerial_overfitting.rst",
            category="Aerial study",
            subcategory="Figures",
            labels={"figure": "Overfitting (Supplementary Fig. 6)"},
        ),
        table="<results>/paper/aerial/overfitting.csv",
        histories="<results>/paper/aerial/overfitting_histories.csv",
    log:
        "<logs>/paper/aerial_overfitting.log",
    benchmark:
        "<benchmarks>/paper/aerial_overfitting.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        code=code("paper/aerial_overfitting.py"),
        names=CITY_NAMES,
        places=CITY_PLACES,
        folds=[
            (city, scheme, fold)
            for city, scheme in CITY_PLACES
            for fold in range(config["folds"]["cities"]["n_folds"])
        ],
        networks=config["inference"]["networks"],
    script:
        "../scripts/paper/aerial_overfitting.py"


rule aerial_transfer:
    input:
        transfer="<results>/inference/transfer.csv",
    output:
        pdf="<results>/paper/aerial/transfer.pdf",
        png=report(
            "<results>/paper/aerial/transfer.png",
            caption="../report/aerial_transfer.rst",
            category="Aerial study",
            subcategory="Figures",
            labels={"figure": "From city to city"},
        ),
        csv=report(
            "<results>/paper/aerial/transfer.csv",
            caption="../report/aerial_transfer.rst",
            category="Aerial study",
            subcategory="Tables",
            labels={"table": "From city to city"},
        ),
        md="<results>/paper/aerial/transfer.md",
        tex="<results>/paper/aerial/transfer.tex",
    log:
        "<logs>/paper/aerial_transfer.log",
    benchmark:
        "<benchmarks>/paper/aerial_transfer.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        code=code("paper/aerial_transfer.py"),
        names=CITY_NAMES,
        scheme=TRANSFER_SCHEME,
    script:
        "../scripts/paper/aerial_transfer.py"


# A study without cities has nothing to show, one with a single city nothing to carry elsewhere.
rule aerial_inference_paper:
    input:
        [
            rules.aerial_figure_2.output if "random" in CITY_SCHEMES else [],
            rules.aerial_figure_2_block.output if "block" in CITY_SCHEMES else [],
            rules.aerial_figures_3.input,
            rules.aerial_figure_s1.output,
            rules.aerial_models_table.output,
            rules.aerial_overfitting.output,
            rules.aerial_transfer.output if len(TRANSFER_CITIES) > 1 else [],
        ]
        if CITIES
        else [],
    localrule: True
