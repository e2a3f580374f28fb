# paper, district study: what predicts income, and the claims that are held against all of it.


use rule exhibit as ssig_table_5 with:
    input:
        comparison="<results>/shapley/income_comparison.csv",
        reference=REFERENCE,
    output:
        **table("ssig/table5", "Table 5", "ssig_table_5"),
    pathvars:
        exhibit="ssig_table_5",
    params:
        **made_by("ssig.table_5", levels=STUDY.level_names),


# Beyond the paper: the successor's effects, as percentages of the income.
use rule exhibit as ssig_effects_table with:
    input:
        variables="<results>/shapley/variables.csv",
        variance=expand(
            "<results>/shapley/{level}-{income}-additive-variance.csv",
            level=STUDY.levels,
            income=STUDY.incomes,
        ),
    output:
        **table("ssig/effects", "Effects, sum of kernels", "ssig_effects_table"),
    pathvars:
        exhibit="ssig_effects_table",
    params:
        **made_by("ssig.effects_table", levels=STUDY.level_names),


use rule exhibit as plot_dependence with:
    input:
        districts="<results>/districts/{level}.parquet",
        curves="<results>/shapley/{level}-{income}-additive-dependence.csv",
        location="<results>/shapley/{level}-{income}-additive-location.csv",
    output:
        **figure(
            "ssig/dependence_{level}_{income}",
            "Partial dependence, {level}, {income}",
            "ssig_dependence",
        ),
    pathvars:
        exhibit="plot_dependence/{level}-{income}",
    params:
        **made_by("ssig.dependence"),


rule ssig_dependences:
    input:
        expand(
            "<results>/paper/ssig/dependence_{level}_{income}.{format}",
            level=STUDY.levels,
            income=STUDY.incomes,
            format=["pdf", "png", "json"],
        ),
    localrule: True


use rule exhibit as ssig_claims with:
    input:
        scores="<results>/ssig/scores.csv",
        groups="<results>/shapley/groups.csv",
        variables="<results>/shapley/variables.csv",
        comparison="<results>/shapley/income_comparison.csv",
        baselines=FILES.of_baselines("scores.csv"),
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
        **FILES.of_figure(2),
    output:
        **figure("ssig/fig2", "Fig. 2", "ssig_shapley_figure"),
    pathvars:
        exhibit="ssig_figure_2",
    params:
        **made_by("ssig.figures_2_to_5", **FILES.figure_settings(2)),


use rule exhibit as ssig_figure_3 with:
    input:
        **FILES.of_figure(3),
    output:
        **figure("ssig/fig3", "Fig. 3", "ssig_shapley_figure"),
    pathvars:
        exhibit="ssig_figure_3",
    params:
        **made_by("ssig.figures_2_to_5", **FILES.figure_settings(3)),


use rule exhibit as ssig_figure_4 with:
    input:
        **FILES.of_figure(4),
    output:
        **figure("ssig/fig4", "Fig. 4", "ssig_shapley_figure"),
    pathvars:
        exhibit="ssig_figure_4",
    params:
        **made_by("ssig.figures_2_to_5", **FILES.figure_settings(4)),


use rule exhibit as ssig_figure_5 with:
    input:
        **FILES.of_figure(5),
    output:
        **figure("ssig/fig5", "Fig. 5", "ssig_shapley_figure"),
    pathvars:
        exhibit="ssig_figure_5",
    params:
        **made_by("ssig.figures_2_to_5", **FILES.figure_settings(5)),


# A study with levels of its own may have more tasks than the paper.
if len(STUDY.figure_tasks) > 4:

    use rule exhibit as ssig_further_figure with:
        input:
            **numbered(FILES.of_figure),
        output:
            **figure("ssig/fig{number}", "Fig. {number}", "ssig_shapley_figure"),
        pathvars:
            exhibit="ssig_figure_{number}",
        wildcard_constraints:
            number="[6-9]|[1-9][0-9]+",
        params:
            **made_by("ssig.figures_2_to_5", **numbered(FILES.figure_settings)),


rule ssig_shapley_figures:
    input:
        [
            f"<results>/paper/ssig/fig{number}.{form}"
            for number in STUDY.figure_tasks
            if STUDY.shown_in_figure(number)
            for form in ("pdf", "png", "json")
        ],
    localrule: True
