# paper, aerial study: the tables and figures of its data, drawn and laid out from tables and tiles
# that earlier stages wrote. Every target has the paper's number: `snakemake aerial_figure_1`.


include: "paper_aerial_paths.smk"


use rule exhibit as aerial_table_1 with:
    input:
        cells=expand("<results>/cells/{city}.parquet", city=CITIES),
        land_use=expand("<results>/cells/{city}-land_use.parquet", city=CITIES),
        plan=expand("<results>/tiles/{city}/plan.parquet", city=CITIES),
        index=expand("<results>/tiles/{city}/index.parquet", city=CITIES),
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
            names=CITY_NAMES,
            sources=registry_of_cities(),
            tile_px=config["tiles"]["tile_px"],
        ),


use rule exhibit as aerial_sample_sizes with:
    input:
        shares=expand("<results>/tiles/{city}/land_use_shares.parquet", city=CITIES),
        predictions=inferred("predictions.parquet", "random"),
    output:
        **table("aerial/sample_sizes", "Sample sizes", "aerial_sample_sizes"),
    pathvars:
        exhibit="aerial_sample_sizes",
    params:
        **made_by("aerial.sample_sizes", names=CITY_NAMES),


use rule exhibit as aerial_dropped_cells with:
    input:
        cells=expand("<results>/cells/{city}.parquet", city=CITIES),
        index=expand("<results>/tiles/{city}/index.parquet", city=CITIES),
    output:
        **table("aerial/dropped_cells", "Dropped cells", "aerial_dropped_cells"),
    pathvars:
        exhibit="aerial_dropped_cells",
    params:
        **made_by("aerial.dropped_cells", names=CITY_NAMES),


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
        cells=f"<results>/cells/{FIRST_CITY}.parquet",
        land_use=f"<results>/cells/{FIRST_CITY}-land_use.parquet",
        index=f"<results>/tiles/{FIRST_CITY}/index.parquet",
        shards=shards(FIRST_CITY) if CITIES else [],
    output:
        **figure("aerial/fig1", "Fig. 1", "aerial_figure_1"),
    pathvars:
        exhibit="aerial_figure_1",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(30),
    params:
        **made_by("aerial.figure_1", name=CITY_NAMES.get(FIRST_CITY)),


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
        **made_by("aerial.income_map", name=name_of_city),


rule aerial_income_maps:
    input:
        expand(
            "<results>/paper/aerial/income_{city}.{format}",
            city=CITIES,
            format=["pdf", "png", "json"],
        ),
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
        if CITIES
        else [],
    localrule: True
