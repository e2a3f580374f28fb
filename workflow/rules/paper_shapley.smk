# paper, district study: what predicts income. Table 5, Figs. 2-5 and the claims ledger, laid out and
# drawn from tables of the stages ssig and shapley.


include: "paper_shapley_paths.smk"


localrules:
    ssig_shapley_figures,


use rule exhibit as ssig_table_5 with:
    input:
        comparison="<results>/shapley/income_comparison.csv",
        reference=REFERENCE,
    output:
        **table("ssig/table5", "Table 5", "ssig_table_5"),
    pathvars:
        exhibit="ssig_table_5",
    params:
        **made_by("ssig.table_5", levels=LEVEL_NAMES),


rule ssig_claims:
    input:
        summary="<results>/ssig/summary.csv",
        groups="<results>/shapley/groups.csv",
        variables="<results>/shapley/variables.csv",
        comparison="<results>/shapley/income_comparison.csv",
        baselines=of_baselines("summary.csv"),
        reference=REFERENCE,
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


use rule exhibit as ssig_figure_2 with:
    input:
        **of_shapley_figure(2),
    output:
        **figure("ssig/fig2", "Fig. 2", "ssig_shapley_figure"),
    pathvars:
        exhibit="ssig_figure_2",
    params:
        **made_by("ssig.figures_2_to_5", **shown_in_figure(2)),


use rule exhibit as ssig_figure_3 with:
    input:
        **of_shapley_figure(3),
    output:
        **figure("ssig/fig3", "Fig. 3", "ssig_shapley_figure"),
    pathvars:
        exhibit="ssig_figure_3",
    params:
        **made_by("ssig.figures_2_to_5", **shown_in_figure(3)),


use rule exhibit as ssig_figure_4 with:
    input:
        **of_shapley_figure(4),
    output:
        **figure("ssig/fig4", "Fig. 4", "ssig_shapley_figure"),
    pathvars:
        exhibit="ssig_figure_4",
    params:
        **made_by("ssig.figures_2_to_5", **shown_in_figure(4)),


use rule exhibit as ssig_figure_5 with:
    input:
        **of_shapley_figure(5),
    output:
        **figure("ssig/fig5", "Fig. 5", "ssig_shapley_figure"),
    pathvars:
        exhibit="ssig_figure_5",
    params:
        **made_by("ssig.figures_2_to_5", **shown_in_figure(5)),


# A study with levels of its own may have more tasks than the paper.
if len(TASK_OF_FIGURE) > 4:

    use rule exhibit as ssig_further_figure with:
        input:
            **numbered(of_shapley_figure),
        output:
            **figure("ssig/fig{number}", "Fig. {number}", "ssig_shapley_figure"),
        pathvars:
            exhibit="ssig_figure_{number}",
        wildcard_constraints:
            number="[6-9]|[1-9][0-9]+",
        params:
            **made_by("ssig.figures_2_to_5", **numbered(shown_in_figure)),


rule ssig_shapley_figures:
    input:
        [
            f"<results>/paper/ssig/fig{number}.{form}"
            for number, task in TASK_OF_FIGURE.items()
            if of_study(SHAPLEY_VALUES, *task)
            for form in ("pdf", "png")
        ],
