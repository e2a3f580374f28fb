# paper, aerial study: the tables and figures of its data, drawn and laid out from tables and tiles
# that earlier stages wrote. Every target has the paper's number: `snakemake aerial_figure_1`.


use rule exhibit as aerial_table_1 with:
    input:
        cells=expand("<results>/cells/{city}.parquet", city=STUDY.cities),
        land_use=expand("<results>/cells/{city}-land_use.parquet", city=STUDY.cities),
        plan=expand("<results>/tiles/{city}/plan.parquet", city=STUDY.cities),
        index=expand("<results>/tiles/{city}/index.parquet", city=STUDY.cities),
        reference=REFERENCE,
    output:
        **table("aerial/table1", "Table 1", "aerial_table_1"),
    pathvars:
        exhibit="aerial_table_1",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(10),
    params:
        **made_by(
            "aerial.table_1",
            names=STUDY.city_names,
            sources=lambda wildcards: RAW.told_of_cities(),
            tile_px=config["tiles"]["tile_px"],
            rasters=STUDY.raster_cities,
        ),


use rule exhibit as aerial_sample_sizes with:
    input:
        shares=expand(
            "<results>/tiles/{city}/land_use_shares.parquet", city=STUDY.cities
        ),
        predictions=FILES.inferred("predictions.parquet", "random"),
    output:
        **table("aerial/sample_sizes", "Sample sizes", "aerial_sample_sizes"),
    pathvars:
        exhibit="aerial_sample_sizes",
    params:
        **made_by("aerial.sample_sizes", names=STUDY.city_names),


use rule exhibit as aerial_dropped_cells with:
    input:
        cells=expand("<results>/cells/{city}.parquet", city=STUDY.cities),
        index=expand("<results>/tiles/{city}/index.parquet", city=STUDY.cities),
    output:
        **table("aerial/dropped_cells", "Dropped cells", "aerial_dropped_cells"),
    pathvars:
        exhibit="aerial_dropped_cells",
    params:
        **made_by("aerial.dropped_cells", names=STUDY.city_names),


use rule exhibit as aerial_deviations with:
    input:
        deviations=DEVIATIONS,
    output:
        **table("aerial/deviations", "Deviations", "aerial_deviations"),
    pathvars:
        exhibit="aerial_deviations",
    params:
        **made_by("aerial.deviations"),


use rule exhibit as aerial_figure_1 with:
    input:
        cells=f"<results>/cells/{STUDY.first_city}.parquet",
        land_use=f"<results>/cells/{STUDY.first_city}-land_use.parquet",
        index=f"<results>/tiles/{STUDY.first_city}/index.parquet",
        shards=FILES.shards(STUDY.first_city) if STUDY.cities else [],
    output:
        **figure("aerial/fig1", "Fig. 1", "aerial_figure_1"),
    pathvars:
        exhibit="aerial_figure_1",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(30),
    params:
        **made_by(
            "aerial.figure_1",
            name=STUDY.city_names.get(STUDY.first_city),
            label=STUDY.income_labels.get(STUDY.first_city),
        ),


use rule exhibit as aerial_income_map with:
    input:
        cells="<results>/cells/{city}.parquet",
        land_use="<results>/cells/{city}-land_use.parquet",
        folds="<results>/folds/{city}-random.parquet",
        classes="<results>/folds/{city}-classes.csv",
    output:
        **figure("aerial/income_{city}", "Income classes, {city}", "aerial_income_map"),
    pathvars:
        exhibit="aerial_income_map/{city}",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(30),
    params:
        **made_by("aerial.income_map", name=city_name),
        label=lambda wildcards: STUDY.income_labels[wildcards.city],


rule aerial_income_maps:
    input:
        FILES.drawn("income"),
    localrule: True


# A study without cities has nothing to show.
rule aerial_data_paper:
    input:
        [
            rules.aerial_table_1.output,
            rules.aerial_sample_sizes.output,
            rules.aerial_dropped_cells.output,
            rules.aerial_deviations.output,
            rules.aerial_figure_1.output,
            rules.aerial_income_maps.input,
        ]
        if STUDY.cities
        else [],
    localrule: True
