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
        **made_by("ssig.table_1", levels=LEVEL_NAMES),


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
        baselines=of_baselines("summary.csv"),
        reference=REFERENCE,
    output:
        **table("ssig/table3", "Table 3", "ssig_table_3"),
    pathvars:
        exhibit="ssig_table_3",
    params:
        **made_by("ssig.table_3", levels=LEVEL_NAMES),


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
        **made_by("ssig.modality_ablation", levels=LEVEL_NAMES),


use rule exhibit as ssig_table_4 with:
    input:
        summary="<results>/ssig/summary.csv",
        reference=REFERENCE,
    output:
        **table("ssig/table4", "Table 4", "ssig_table_4"),
    pathvars:
        exhibit="ssig_table_4",
    params:
        **made_by("ssig.table_4", levels=LEVEL_NAMES),


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
            sources=told_of_sources(PARTS["district"] + PARTS["siamese"]),
            unregistered=UNREGISTERED,
        ),


use rule exhibit as ssig_models_table with:
    input:
        summary="<results>/ssig/summary.csv",
    output:
        **table("ssig/models", "All models", "ssig_models_table"),
    pathvars:
        exhibit="ssig_models_table",
    params:
        **made_by("ssig.models_table", levels=LEVEL_NAMES),


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
        districts=f"<results>/districts/{LEVELS[0]}.parquet",
    output:
        **figure("ssig/fig1", "Fig. 1", "ssig_figure_1"),
    pathvars:
        exhibit="ssig_figure_1",
    params:
        **made_by("ssig.figure_1", level=LEVELS[0], levels=LEVEL_NAMES),


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
        **made_by("ssig.income_map", levels=LEVEL_NAMES),


use rule exhibit as ssig_figure_validation with:
    input:
        summary="<results>/ssig/summary.csv",
    output:
        **figure("ssig/validation", "Scores under all folds", "ssig_figure_validation"),
    pathvars:
        exhibit="ssig_figure_validation",
    params:
        **made_by("ssig.figure_validation", metric="cod", levels=LEVEL_NAMES),


rule ssig_income_maps:
    input:
        expand(
            "<results>/paper/ssig/income_{level}_{income}.{format}",
            level=LEVELS,
            income=INCOMES,
            format=["pdf", "png", "json"],
        ),
