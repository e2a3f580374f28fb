# paper, district study: its tables and figures, drawn and laid out from tables that earlier stages
# wrote. Every target has the paper's number and no wildcard: `snakemake ssig_table_3`.


use rule exhibit as ssig_table_1 with:
    input:
        inequality="<results>/districts/inequality.csv",
        reference=REFERENCE,
    output:
        **table("ssig/table1", "Table 1", "ssig_table_1"),
    pathvars:
        exhibit="ssig_table_1",
    params:
        **made_by("ssig.table_1", levels=STUDY.level_names),


use rule exhibit as ssig_table_2 with:
    input:
        reference=REFERENCE,
    output:
        **table("ssig/table2", "Table 2", "ssig_table_2"),
    pathvars:
        exhibit="ssig_table_2",
    params:
        **made_by("ssig.table_2", districts=config["districts"]),


use rule exhibit as ssig_table_3 with:
    input:
        summary="<results>/ssig/summary.csv",
        baselines=FILES.of_baselines("summary.csv"),
        reference=REFERENCE,
    output:
        **table("ssig/table3", "Table 3", "ssig_table_3"),
    pathvars:
        exhibit="ssig_table_3",
    params:
        **made_by("ssig.table_3", levels=STUDY.level_names),


# Beyond the paper: what each modality is worth to the baselines.
use rule exhibit as ssig_modality_ablation with:
    input:
        ablation="<results>/siamese/ablation.csv",
    output:
        **figure(
            "ssig/modality_ablation", "Modality ablation", "ssig_modality_ablation"
        )
        | table(
            "ssig/modality_ablation", "Modality ablation", "ssig_modality_ablation"
        ),
    pathvars:
        exhibit="ssig_modality_ablation",
    params:
        **made_by("ssig.modality_ablation", levels=STUDY.level_names),


use rule exhibit as ssig_table_4 with:
    input:
        summary="<results>/ssig/summary.csv",
        reference=REFERENCE,
    output:
        **table("ssig/table4", "Table 4", "ssig_table_4"),
    pathvars:
        exhibit="ssig_table_4",
    params:
        **made_by("ssig.table_4", levels=STUDY.level_names),


use rule exhibit as ssig_table_s1 with:
    input:
        reference=REFERENCE,
    output:
        **table("ssig/table_s1", "Table S1", "ssig_table_s1"),
    pathvars:
        exhibit="ssig_table_s1",
    params:
        **made_by("ssig.table_s1"),


use rule exhibit as ssig_table_s2 with:
    input:
        reference=REFERENCE,
    output:
        **table("ssig/table_s2", "Table S2", "ssig_table_s2"),
    pathvars:
        exhibit="ssig_table_s2",
    params:
        **made_by(
            "ssig.table_s2",
            sources=lambda wildcards: RAW.told_of(
                RAW.checks("district", "siamese")["sources"]
            ),
            unregistered=RAW.unregistered,
        ),


use rule exhibit as ssig_models_table with:
    input:
        summary="<results>/ssig/summary.csv",
    output:
        **table("ssig/models", "All models", "ssig_models_table"),
    pathvars:
        exhibit="ssig_models_table",
    params:
        **made_by("ssig.models_table", levels=STUDY.level_names),


use rule exhibit as ssig_deviations with:
    input:
        deviations=DEVIATIONS,
    output:
        **table("ssig/deviations", "Deviations", "ssig_deviations"),
    pathvars:
        exhibit="ssig_deviations",
    params:
        **made_by("ssig.deviations"),


use rule exhibit as ssig_figure_1 with:
    input:
        districts=f"<results>/districts/{STUDY.first_level}.parquet",
    output:
        **figure("ssig/fig1", "Fig. 1", "ssig_figure_1"),
    pathvars:
        exhibit="ssig_figure_1",
    params:
        **made_by("ssig.figure_1", level=STUDY.first_level, levels=STUDY.level_names),


use rule exhibit as plot_income_map with:
    input:
        districts="<results>/districts/{level}.parquet",
    output:
        **figure(
            "ssig/income_{level}_{income}",
            "Income, {level}, {income}",
            "ssig_income_map",
        ),
    pathvars:
        exhibit="plot_income_map/{level}-{income}",
    params:
        **made_by("ssig.income_map", levels=STUDY.level_names),


use rule exhibit as ssig_figure_validation with:
    input:
        summary="<results>/ssig/summary.csv",
    output:
        **figure("ssig/validation", "Scores under all folds", "ssig_figure_validation"),
    pathvars:
        exhibit="ssig_figure_validation",
    params:
        **made_by("ssig.figure_validation", metric="cod", levels=STUDY.level_names),


# Beyond the paper.
use rule exhibit as ssig_figure_density with:
    input:
        districts=expand("<results>/districts/{level}.parquet", level=STUDY.level_names),
    output:
        **figure("ssig/density", "Income against density", "ssig_figure_density"),
    pathvars:
        exhibit="ssig_figure_density",
    params:
        **made_by(
            "ssig.figure_density", incomes=STUDY.incomes, levels=STUDY.level_names
        ),


rule ssig_income_maps:
    input:
        expand(
            "<results>/paper/ssig/income_{level}_{income}.{format}",
            level=STUDY.levels,
            income=STUDY.incomes,
            format=["pdf", "png", "json"],
        ),


# --- Where predictions hold

# The mode that figures show, and the successor.
SHOWN_MODES = [STUDY.figure_mode, "additive"]


use rule exhibit as ssig_figure_distances with:
    input:
        distances=expand(
            "<results>/folds/{level}-distances.csv", level=STUDY.level_names
        ),
        matches=expand("<results>/folds/{level}-matches.csv", level=STUDY.level_names),
    output:
        **figure(
            "ssig/distances", "Folds and the map's distances", "ssig_figure_distances"
        )
        | table(
            "ssig/distances", "Folds and the map's distances", "ssig_figure_distances"
        ),
    pathvars:
        exhibit="ssig_figure_distances",
    params:
        **made_by("ssig.figure_distances", levels=STUDY.level_names),


use rule exhibit as plot_prediction_map with:
    input:
        districts="<results>/districts/{level}.parquet",
        predictions=expand(
            "<results>/ssig/predictions/{{level}}-{{income}}-{scheme}-gps.parquet",
            scheme=STUDY.schemes,
        ),
        applicability=expand(
            "<results>/ssig/applicability/{{level}}-{{income}}-{scheme}.parquet",
            scheme=STUDY.schemes,
        ),
        coverage="<results>/ssig/coverage.csv",
    output:
        **figure(
            "ssig/predicted_{level}_{income}",
            "Predicted income, {level}, {income}",
            "ssig_prediction_map",
        ),
    pathvars:
        exhibit="plot_prediction_map/{level}-{income}",
    params:
        **made_by("ssig.prediction_map", mode=STUDY.figure_mode),


rule ssig_prediction_maps:
    input:
        expand(
            "<results>/paper/ssig/predicted_{level}_{income}.{format}",
            level=STUDY.levels,
            income=STUDY.incomes,
            format=["pdf", "png", "json"],
        ),


use rule exhibit as ssig_intervals with:
    input:
        coverage="<results>/ssig/coverage.csv",
    output:
        **table("ssig/intervals", "Coverage of intervals", "ssig_intervals"),
    pathvars:
        exhibit="ssig_intervals",
    params:
        **made_by("ssig.intervals", modes=SHOWN_MODES, levels=STUDY.level_names),


use rule exhibit as ssig_fold_seeds with:
    input:
        summary="<results>/ssig/fold_seeds.csv",
    output:
        **figure("ssig/fold_seeds", "Scores over size of blocks", "ssig_fold_seeds")
        | table("ssig/fold_seeds", "Scores over size of blocks", "ssig_fold_seeds"),
    pathvars:
        exhibit="ssig_fold_seeds",
    params:
        **made_by("ssig.fold_seeds", levels=STUDY.level_names),


use rule exhibit as ssig_decisions with:
    input:
        decisions="<results>/ssig/decisions.csv",
    output:
        **table("ssig/decisions", "What decisions need", "ssig_decisions"),
    pathvars:
        exhibit="ssig_decisions",
    params:
        **made_by("ssig.decisions", modes=SHOWN_MODES, levels=STUDY.level_names),


# --- What predicts income


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
