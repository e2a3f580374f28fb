# paper, district study: what predicts income. Table 5, Figs. 2-5 and the claims ledger, laid out and
# drawn from tables of the stages ssig and shapley.


include: "paper_shapley_paths.smk"


localrules:
    ssig_shapley_figures,


rule ssig_table_5:
    input:
        comparison="<results>/shapley/income_comparison.csv",
        reference=CHECKOUT / "config/paper_reference.yaml",
    output:
        csv=report(
            "<results>/paper/ssig/table5.csv",
            caption="../report/ssig_table_5.rst",
            category="District study",
            subcategory="Tables",
            labels={"table": "Table 5"},
        ),
        md="<results>/paper/ssig/table5.md",
        tex="<results>/paper/ssig/table5.tex",
    log:
        "<logs>/paper/ssig_table_5.log",
    benchmark:
        "<benchmarks>/paper/ssig_table_5.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        code=code("paper/ssig_table_5.py"),
        levels=LEVEL_NAMES,
    script:
        "../scripts/paper/ssig_table_5.py"


rule ssig_claims:
    input:
        summary="<results>/ssig/summary.csv",
        groups="<results>/shapley/groups.csv",
        variables="<results>/shapley/variables.csv",
        comparison="<results>/shapley/income_comparison.csv",
        baselines=of_baselines("summary.csv"),
        reference=CHECKOUT / "config/paper_reference.yaml",
    output:
        csv=report(
            "<results>/paper/ssig/claims.csv",
            caption="../report/ssig_claims.rst",
            category="District study",
            subcategory="Tables",
            labels={"table": "Claims"},
        ),
        md="<results>/paper/ssig/claims.md",
        tex="<results>/paper/ssig/claims.tex",
    log:
        "<logs>/paper/ssig_claims.log",
    benchmark:
        "<benchmarks>/paper/ssig_claims.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        code=code("paper/ssig_claims.py"),
    script:
        "../scripts/paper/ssig_claims.py"


rule ssig_figure_2:
    input:
        districts=of_study("<results>/districts/{level}.parquet", *task_of_figure(2)),
        shap=of_study(SHAPLEY_VALUES, *task_of_figure(2)),
        groups="<results>/shapley/groups.csv",
        variables="<results>/shapley/variables.csv",
    output:
        pdf="<results>/paper/ssig/fig2.pdf",
        png=report(
            "<results>/paper/ssig/fig2.png",
            caption="../report/ssig_shapley_figure.rst",
            category="District study",
            subcategory="Figures",
            labels={"figure": "Fig. 2"},
        ),
        table="<results>/paper/ssig/fig2.csv",
    log:
        "<logs>/paper/ssig_figure_2.log",
    benchmark:
        "<benchmarks>/paper/ssig_figure_2.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(10),
    params:
        code=code("paper/ssig_shapley_figure.py"),
        levels=LEVEL_NAMES,
        number=2,
        level=task_of_figure(2)[0],
        income=task_of_figure(2)[1],
        mode=SHAPLEY_MODE,
        colours=config["figures"]["colours"],
    script:
        "../scripts/paper/ssig_shapley_figure.py"


use rule ssig_figure_2 as ssig_figure_3 with:
    input:
        districts=of_study("<results>/districts/{level}.parquet", *task_of_figure(3)),
        shap=of_study(SHAPLEY_VALUES, *task_of_figure(3)),
        groups="<results>/shapley/groups.csv",
        variables="<results>/shapley/variables.csv",
    output:
        pdf="<results>/paper/ssig/fig3.pdf",
        png=report(
            "<results>/paper/ssig/fig3.png",
            caption="../report/ssig_shapley_figure.rst",
            category="District study",
            subcategory="Figures",
            labels={"figure": "Fig. 3"},
        ),
        table="<results>/paper/ssig/fig3.csv",
    log:
        "<logs>/paper/ssig_figure_3.log",
    benchmark:
        "<benchmarks>/paper/ssig_figure_3.tsv"
    params:
        code=code("paper/ssig_shapley_figure.py"),
        levels=LEVEL_NAMES,
        number=3,
        level=task_of_figure(3)[0],
        income=task_of_figure(3)[1],
        mode=SHAPLEY_MODE,
        colours=config["figures"]["colours"],


use rule ssig_figure_2 as ssig_figure_4 with:
    input:
        districts=of_study("<results>/districts/{level}.parquet", *task_of_figure(4)),
        shap=of_study(SHAPLEY_VALUES, *task_of_figure(4)),
        groups="<results>/shapley/groups.csv",
        variables="<results>/shapley/variables.csv",
    output:
        pdf="<results>/paper/ssig/fig4.pdf",
        png=report(
            "<results>/paper/ssig/fig4.png",
            caption="../report/ssig_shapley_figure.rst",
            category="District study",
            subcategory="Figures",
            labels={"figure": "Fig. 4"},
        ),
        table="<results>/paper/ssig/fig4.csv",
    log:
        "<logs>/paper/ssig_figure_4.log",
    benchmark:
        "<benchmarks>/paper/ssig_figure_4.tsv"
    params:
        code=code("paper/ssig_shapley_figure.py"),
        levels=LEVEL_NAMES,
        number=4,
        level=task_of_figure(4)[0],
        income=task_of_figure(4)[1],
        mode=SHAPLEY_MODE,
        colours=config["figures"]["colours"],


use rule ssig_figure_2 as ssig_figure_5 with:
    input:
        districts=of_study("<results>/districts/{level}.parquet", *task_of_figure(5)),
        shap=of_study(SHAPLEY_VALUES, *task_of_figure(5)),
        groups="<results>/shapley/groups.csv",
        variables="<results>/shapley/variables.csv",
    output:
        pdf="<results>/paper/ssig/fig5.pdf",
        png=report(
            "<results>/paper/ssig/fig5.png",
            caption="../report/ssig_shapley_figure.rst",
            category="District study",
            subcategory="Figures",
            labels={"figure": "Fig. 5"},
        ),
        table="<results>/paper/ssig/fig5.csv",
    log:
        "<logs>/paper/ssig_figure_5.log",
    benchmark:
        "<benchmarks>/paper/ssig_figure_5.tsv"
    params:
        code=code("paper/ssig_shapley_figure.py"),
        levels=LEVEL_NAMES,
        number=5,
        level=task_of_figure(5)[0],
        income=task_of_figure(5)[1],
        mode=SHAPLEY_MODE,
        colours=config["figures"]["colours"],


# A study with levels of its own may have more tasks than the paper.
if len(TASK_OF_FIGURE) > 4:

    use rule ssig_figure_2 as ssig_further_figure with:
        input:
            districts=of_figure("<results>/districts/{level}.parquet"),
            shap=of_figure(SHAPLEY_VALUES),
            groups="<results>/shapley/groups.csv",
            variables="<results>/shapley/variables.csv",
        output:
            pdf="<results>/paper/ssig/fig{number}.pdf",
            png=report(
                "<results>/paper/ssig/fig{number}.png",
                caption="../report/ssig_shapley_figure.rst",
                category="District study",
                subcategory="Figures",
                labels={"figure": "Fig. {number}"},
            ),
            table="<results>/paper/ssig/fig{number}.csv",
        log:
            "<logs>/paper/ssig_figure_{number}.log",
        benchmark:
            "<benchmarks>/paper/ssig_figure_{number}.tsv"
        wildcard_constraints:
            number="[6-9]|[1-9][0-9]+",
        params:
            code=code("paper/ssig_shapley_figure.py"),
            levels=LEVEL_NAMES,
            number=lambda wildcards: int(wildcards.number),
            level=lambda wildcards: task_of_figure(wildcards.number)[0],
            income=lambda wildcards: task_of_figure(wildcards.number)[1],
            mode=SHAPLEY_MODE,
            colours=config["figures"]["colours"],


rule ssig_shapley_figures:
    input:
        [
            f"<results>/paper/ssig/fig{number}.{form}"
            for number, task in TASK_OF_FIGURE.items()
            if of_study(SHAPLEY_VALUES, *task)
            for form in ("pdf", "png")
        ],
