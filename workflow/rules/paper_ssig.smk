# paper, district study: its tables and figures, drawn and laid out from tables that earlier stages
# wrote (what predicts income: paper_shapley.smk). Every target has the paper's number and no
# wildcard: `snakemake ssig_table_3`.


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
