# Named targets without files of their own: the parts of the whole (`all` stands in Snakefile). Those
# of the aerial study need no source of the district study, and the reverse.
#   snakemake --cores all ssig


localrules:
    aerial,
    aerial_paper,
    districts,
    ssig,
    siamese,
    shapley,
    ssig_paper,


# Everything of the aerial study but its figures and tables.
rule aerial:
    input:
        expand("<results>/folds/{city}-classes.csv", city=STUDY.cities),
        FILES.inferred("metrics.csv"),
        FILES.inferred("set_coverage.csv"),
        rules.evaluate_transfer.output if len(STUDY.transfer_cities) > 1 else [],
        expand("<results>/topology/h0-{scheme}.csv", scheme=STUDY.city_schemes)
        if STUDY.cities
        else [],
        expand("<results>/topology/{city}/gains.csv", city=STUDY.cities),
        rules.judge_reliance.output if STUDY.judges_reliance else [],


rule aerial_paper:
    input:
        rules.aerial_data_paper.input,
        rules.aerial_inference_paper.input,
        rules.aerial_topology_paper.input,


rule districts:
    input:
        of_districts(
            rules.measure_inequality.output,
            expand("<results>/districts/{level}.parquet", level=STUDY.levels),
        ),


rule ssig:
    input:
        of_districts(
            rules.score_models.output,
            rules.measure_coverage.output,
            rules.summarise_fold_seeds.output,
            rules.measure_decisions.output,
            expand(
                "<results>/ssig/{level}-{income}-{mode}/gp.json",
                level=STUDY.levels,
                income=STUDY.incomes,
                mode=STUDY.modes,
            ),
        ),


# Nothing, where the study has no modality.
rule siamese:
    input:
        rules.score_baselines.output if STUDY.modalities else [],


rule shapley:
    input:
        of_districts(
            rules.summarise_shapley.output,
            rules.compare_backgrounds.output,
            rules.compare_explainers.output,
            FILES.of_explained(
                "<results>/shapley/{level}-{income}-{mode}-uncertainty.parquet"
            ),
            FILES.of_explained(
                "<results>/shapley/{level}-{income}-{mode}-interactions.csv"
            ),
        ),


rule ssig_paper:
    input:
        of_districts(
            rules.ssig_table_1.output,
            rules.ssig_table_2.output,
            rules.ssig_table_3.output,
            rules.ssig_table_4.output,
            rules.ssig_modality_ablation.output if STUDY.modalities else [],
            rules.ssig_table_s1.output,
            rules.ssig_table_s2.output,
            rules.ssig_models_table.output,
            rules.ssig_deviations.output,
            rules.ssig_figure_1.output,
            rules.ssig_figure_validation.output,
            rules.ssig_figure_density.output,
            rules.ssig_income_maps.input,
            rules.ssig_figure_distances.output,
            rules.ssig_prediction_maps.input,
            rules.ssig_intervals.output,
            rules.ssig_fold_seeds.output,
            rules.ssig_decisions.output,
            rules.ssig_table_5.output,
            (
                [*rules.ssig_effects_table.output, *rules.ssig_dependences.input]
                if "additive" in STUDY.shapley_modes
                else []
            ),
            rules.ssig_shapley_figures.input,
            rules.ssig_claims.output,
        ),
