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


use rule exhibit as ssig_claims with:
    input:
        scores="<results>/ssig/scores.csv",
        groups="<results>/shapley/groups.csv",
        variables="<results>/shapley/variables.csv",
        comparison="<results>/shapley/income_comparison.csv",
        baselines=of_baselines("scores.csv"),
        reference=REFERENCE,
    output:
        **table("ssig/claims", "Claims", "ssig_claims"),
        cases="<results>/paper/ssig/claims_cases.csv",
    pathvars:
        exhibit="ssig_claims",
    params:
        **made_by("claims.district"),


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
            for form in ("pdf", "png", "json")
        ],
