# paper, aerial study: how well income classes are inferred, drawn and laid out from the tables of
# the stage inference. One job a figure for all cities, but a map for each.


use rule exhibit as aerial_figure_2 with:
    input:
        confusion=FILES.inferred("confusion.csv", "random"),
        summary=FILES.inferred("summary.csv", "random"),
        reference=REFERENCE,
    output:
        **figure("aerial/fig2", "Fig. 2", "aerial_figure_2")
        | table("aerial/fig2_scores", "Scores of Fig. 2", "aerial_figure_2"),
        confusion="<results>/paper/aerial/fig2.csv",
    pathvars:
        exhibit="aerial_figure_2",
    params:
        **made_by("aerial.figure_2", names=STUDY.city_names, scheme="random"),


use rule aerial_figure_2 as aerial_figure_2_block with:
    input:
        confusion=FILES.inferred("confusion.csv", "block"),
        summary=FILES.inferred("summary.csv", "block"),
        reference=REFERENCE,
    output:
        **figure("aerial/fig2_block", "Fig. 2, spatial blocks", "aerial_figure_2")
        | table(
            "aerial/fig2_block_scores",
            "Scores of Fig. 2, spatial blocks",
            "aerial_figure_2",
        ),
        confusion="<results>/paper/aerial/fig2_block.csv",
    pathvars:
        exhibit="aerial_figure_2_block",
    params:
        scheme="block",


use rule exhibit as aerial_figure_3 with:
    input:
        cells="<results>/cells/{city}.parquet",
        predictions=expand(
            "<results>/inference/{{city}}/{scheme}/predictions.parquet",
            scheme=STUDY.city_schemes,
        ),
    output:
        **figure("aerial/fig3_{city}", "Fig. 3, {city}", "aerial_figure_3"),
    pathvars:
        exhibit="aerial_figure_3/{city}",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(30),
    params:
        **made_by(
            "aerial.figure_3",
            name=city_name,
            schemes=STUDY.city_schemes,
        ),


rule aerial_figures_3:
    input:
        FILES.drawn("fig3"),
    localrule: True


use rule exhibit as aerial_figure_s1 with:
    output:
        **figure("aerial/fig_s1", "Supplementary Fig. 1", "aerial_figure_s1"),
    pathvars:
        exhibit="aerial_figure_s1",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(10),
    params:
        **made_by(
            "aerial.figure_s1",
            networks=config["inference"]["networks"],
            tile_px=config["tiles"]["tile_px"],
        ),


use rule exhibit as aerial_models_table with:
    input:
        summary=FILES.inferred("summary.csv"),
        comparisons=FILES.inferred("comparisons.csv"),
    output:
        **table("aerial/models", "Networks and baselines", "aerial_models_table"),
    pathvars:
        exhibit="aerial_models_table",
    params:
        **made_by(
            "aerial.models_table",
            names=STUDY.city_names,
            places=STUDY.city_places,
            networks=config["inference"]["networks"],
        ),


use rule exhibit as aerial_prediction_sets with:
    input:
        coverage=FILES.inferred("set_coverage.csv"),
    output:
        **table(
            "aerial/prediction_sets",
            "Sets of income classes",
            "aerial_prediction_sets",
        ),
    pathvars:
        exhibit="aerial_prediction_sets",
    params:
        **made_by(
            "aerial.prediction_sets",
            names=STUDY.city_names,
            places=STUDY.city_places,
            networks=config["inference"]["networks"],
        ),


use rule exhibit as aerial_overfitting with:
    input:
        summary=FILES.inferred("summary.csv"),
        histories=[
            path
            for city, scheme in STUDY.city_places
            for path in FILES.fold_models(city, scheme, "main", "history.csv")
        ],
    output:
        **figure(
            "aerial/overfitting",
            "Overfitting (Supplementary Fig. 6)",
            "aerial_overfitting",
        ),
        histories="<results>/paper/aerial/overfitting_histories.csv",
    pathvars:
        exhibit="aerial_overfitting",
    params:
        **made_by(
            "aerial.overfitting",
            names=STUDY.city_names,
            places=STUDY.city_places,
            folds=[
                (city, scheme, fold)
                for city, scheme in STUDY.city_places
                for fold in FILES.folds
            ],
            networks=config["inference"]["networks"],
        ),


use rule exhibit as aerial_transfer with:
    input:
        transfer="<results>/inference/transfer.csv",
    output:
        **figure("aerial/transfer", "From city to city", "aerial_transfer")
        | table("aerial/transfer", "From city to city", "aerial_transfer"),
    pathvars:
        exhibit="aerial_transfer",
    params:
        **made_by(
            "aerial.transfer", names=STUDY.city_names, scheme=STUDY.transfer_scheme
        ),


use rule exhibit as aerial_income_scores with:
    input:
        income_scores=[
            f"<results>/inference/{city}/{scheme}/income_scores.csv"
            for city, scheme in STUDY.scored_places
        ],
    output:
        **figure("aerial/income_scores", "R² of log income", "aerial_income_scores")
        | table("aerial/income_scores", "R² of log income", "aerial_income_scores"),
    pathvars:
        exhibit="aerial_income_scores",
    params:
        **made_by(
            "aerial.income_scores",
            names=STUDY.scored_names,
            places=STUDY.scored_places,
            networks=config["inference"]["networks"],
        ),


use rule exhibit as aerial_leakage with:
    input:
        leakage=expand("<results>/folds/{city}-leakage.csv", city=STUDY.cities),
        summary=FILES.inferred("summary.csv"),
    output:
        **table("aerial/leakage", "Labels that cells share", "aerial_leakage"),
    pathvars:
        exhibit="aerial_leakage",
    params:
        **made_by(
            "aerial.leakage",
            names=STUDY.city_names,
            cities=STUDY.cities,
            places=STUDY.city_places,
        ),


use rule exhibit as aerial_dates with:
    input:
        dates="<results>/inference/dates.csv",
    output:
        **figure("aerial/dates", "From date to date", "aerial_dates")
        | table("aerial/dates", "From date to date", "aerial_dates"),
    pathvars:
        exhibit="aerial_dates",
    params:
        **made_by("aerial.dates", names=STUDY.city_names, scheme=STUDY.transfer_scheme),


# A study without cities has nothing to show, one with a single city nothing to carry elsewhere.
rule aerial_inference_paper:
    input:
        [
            rules.aerial_figure_2.output if "random" in STUDY.city_schemes else [],
            (
                rules.aerial_figure_2_block.output
                if "block" in STUDY.city_schemes
                else []
            ),
            rules.aerial_figures_3.input,
            rules.aerial_figure_s1.output,
            rules.aerial_models_table.output,
            rules.aerial_prediction_sets.output,
            rules.aerial_overfitting.output,
            rules.aerial_transfer.output if len(STUDY.transfer_cities) > 1 else [],
            rules.aerial_income_scores.output,
            rules.aerial_leakage.output if STUDY.labels_shared else [],
            rules.aerial_dates.output if STUDY.dates else [],
        ]
        if STUDY.cities
        else [],
    localrule: True
