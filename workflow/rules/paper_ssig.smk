# paper, district study: its tables and figures, drawn and laid out from tables that earlier stages
# wrote. Every target has the paper's number and no wildcard: `snakemake ssig_table_3`.


rule ssig_table_1:
    input:
        inequality="<results>/districts/inequality.csv",
        reference=CHECKOUT / "config/paper_reference.yaml",
    output:
        csv=report(
            "<results>/paper/ssig/table1.csv",
            caption="../report/ssig_table_1.rst",
            category="District study",
            subcategory="Tables",
            labels={"table": "Table 1"},
        ),
        md="<results>/paper/ssig/table1.md",
        tex="<results>/paper/ssig/table1.tex",
    log:
        "<logs>/paper/ssig_table_1.log",
    benchmark:
        "<benchmarks>/paper/ssig_table_1.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        code=code("paper/ssig_table_1.py"),
        levels=LEVEL_NAMES,
    script:
        "../scripts/paper/ssig_table_1.py"


rule ssig_table_2:
    input:
        reference=CHECKOUT / "config/paper_reference.yaml",
    output:
        csv=report(
            "<results>/paper/ssig/table2.csv",
            caption="../report/ssig_table_2.rst",
            category="District study",
            subcategory="Tables",
            labels={"table": "Table 2"},
        ),
        md="<results>/paper/ssig/table2.md",
        tex="<results>/paper/ssig/table2.tex",
    log:
        "<logs>/paper/ssig_table_2.log",
    benchmark:
        "<benchmarks>/paper/ssig_table_2.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        code=code("paper/ssig_table_2.py"),
        districts=config["districts"],
    script:
        "../scripts/paper/ssig_table_2.py"


rule ssig_table_3:
    input:
        summary="<results>/ssig/summary.csv",
        baselines=of_baselines("summary.csv"),
        reference=CHECKOUT / "config/paper_reference.yaml",
    output:
        csv=report(
            "<results>/paper/ssig/table3.csv",
            caption="../report/ssig_table_3.rst",
            category="District study",
            subcategory="Tables",
            labels={"table": "Table 3"},
        ),
        md="<results>/paper/ssig/table3.md",
        tex="<results>/paper/ssig/table3.tex",
    log:
        "<logs>/paper/ssig_table_3.log",
    benchmark:
        "<benchmarks>/paper/ssig_table_3.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        code=code("paper/ssig_table_3.py"),
        levels=LEVEL_NAMES,
    script:
        "../scripts/paper/ssig_table_3.py"


# Beyond the paper: what each modality is worth to the baselines.
rule ssig_modality_ablation:
    input:
        ablation="<results>/siamese/ablation.csv",
    output:
        csv=report(
            "<results>/paper/ssig/modality_ablation.csv",
            caption="../report/ssig_modality_ablation.rst",
            category="District study",
            subcategory="Tables",
            labels={"table": "Modality ablation"},
        ),
        md="<results>/paper/ssig/modality_ablation.md",
        tex="<results>/paper/ssig/modality_ablation.tex",
        pdf="<results>/paper/ssig/modality_ablation.pdf",
        png=report(
            "<results>/paper/ssig/modality_ablation.png",
            caption="../report/ssig_modality_ablation.rst",
            category="District study",
            subcategory="Figures",
            labels={"figure": "Modality ablation"},
        ),
    log:
        "<logs>/paper/ssig_modality_ablation.log",
    benchmark:
        "<benchmarks>/paper/ssig_modality_ablation.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(10),
    params:
        code=code("paper/ssig_modality_ablation.py"),
        levels=LEVEL_NAMES,
    script:
        "../scripts/paper/ssig_modality_ablation.py"


rule ssig_table_4:
    input:
        summary="<results>/ssig/summary.csv",
        reference=CHECKOUT / "config/paper_reference.yaml",
    output:
        csv=report(
            "<results>/paper/ssig/table4.csv",
            caption="../report/ssig_table_4.rst",
            category="District study",
            subcategory="Tables",
            labels={"table": "Table 4"},
        ),
        md="<results>/paper/ssig/table4.md",
        tex="<results>/paper/ssig/table4.tex",
    log:
        "<logs>/paper/ssig_table_4.log",
    benchmark:
        "<benchmarks>/paper/ssig_table_4.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        code=code("paper/ssig_table_4.py"),
        levels=LEVEL_NAMES,
    script:
        "../scripts/paper/ssig_table_4.py"


rule ssig_table_s1:
    input:
        reference=CHECKOUT / "config/paper_reference.yaml",
    output:
        csv=report(
            "<results>/paper/ssig/table_s1.csv",
            caption="../report/ssig_table_s1.rst",
            category="District study",
            subcategory="Tables",
            labels={"table": "Table S1"},
        ),
        md="<results>/paper/ssig/table_s1.md",
        tex="<results>/paper/ssig/table_s1.tex",
    log:
        "<logs>/paper/ssig_table_s1.log",
    benchmark:
        "<benchmarks>/paper/ssig_table_s1.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        code=code("paper/ssig_table_s1.py"),
    script:
        "../scripts/paper/ssig_table_s1.py"


rule ssig_table_s2:
    input:
        reference=CHECKOUT / "config/paper_reference.yaml",
    output:
        csv=report(
            "<results>/paper/ssig/table_s2.csv",
            caption="../report/ssig_table_s2.rst",
            category="District study",
            subcategory="Tables",
            labels={"table": "Table S2"},
        ),
        md="<results>/paper/ssig/table_s2.md",
        tex="<results>/paper/ssig/table_s2.tex",
    log:
        "<logs>/paper/ssig_table_s2.log",
    benchmark:
        "<benchmarks>/paper/ssig_table_s2.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        code=code("paper/ssig_table_s2.py"),
        sources=told_of_sources(PARTS["district"] + PARTS["siamese"]),
        unregistered=UNREGISTERED,
    script:
        "../scripts/paper/ssig_table_s2.py"


rule ssig_models_table:
    input:
        summary="<results>/ssig/summary.csv",
    output:
        csv=report(
            "<results>/paper/ssig/models.csv",
            caption="../report/ssig_models_table.rst",
            category="District study",
            subcategory="Tables",
            labels={"table": "All models"},
        ),
        md="<results>/paper/ssig/models.md",
        tex="<results>/paper/ssig/models.tex",
    log:
        "<logs>/paper/ssig_models_table.log",
    benchmark:
        "<benchmarks>/paper/ssig_models_table.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        code=code("paper/ssig_models_table.py"),
        levels=LEVEL_NAMES,
    script:
        "../scripts/paper/ssig_models_table.py"


rule ssig_deviations:
    input:
        deviations=CHECKOUT / "config/deviations.yaml",
    output:
        csv=report(
            "<results>/paper/ssig/deviations.csv",
            caption="../report/ssig_deviations.rst",
            category="District study",
            subcategory="Tables",
            labels={"table": "Deviations"},
        ),
        md="<results>/paper/ssig/deviations.md",
        tex="<results>/paper/ssig/deviations.tex",
    log:
        "<logs>/paper/ssig_deviations.log",
    benchmark:
        "<benchmarks>/paper/ssig_deviations.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        code=code("paper/ssig_deviations.py"),
    script:
        "../scripts/paper/ssig_deviations.py"


rule ssig_figure_1:
    input:
        districts=f"<results>/districts/{LEVELS[0]}.parquet",
    output:
        pdf="<results>/paper/ssig/fig1.pdf",
        png=report(
            "<results>/paper/ssig/fig1.png",
            caption="../report/ssig_figure_1.rst",
            category="District study",
            subcategory="Figures",
            labels={"figure": "Fig. 1"},
        ),
        table="<results>/paper/ssig/fig1.csv",
    log:
        "<logs>/paper/ssig_figure_1.log",
    benchmark:
        "<benchmarks>/paper/ssig_figure_1.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(10),
    params:
        code=code("paper/ssig_figure_1.py"),
        levels=LEVEL_NAMES,
        level=LEVELS[0],
    script:
        "../scripts/paper/ssig_figure_1.py"


rule plot_income_map:
    input:
        districts="<results>/districts/{level}.parquet",
    output:
        pdf="<results>/paper/ssig/income_{level}_{income}.pdf",
        png=report(
            "<results>/paper/ssig/income_{level}_{income}.png",
            caption="../report/plot_income_map.rst",
            category="District study",
            subcategory="Figures",
            labels={"figure": "Income, {level}, {income}"},
        ),
        table="<results>/paper/ssig/income_{level}_{income}.csv",
    log:
        "<logs>/paper/plot_income_map/{level}-{income}.log",
    benchmark:
        "<benchmarks>/paper/plot_income_map/{level}-{income}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(10),
    params:
        code=code("paper/plot_income_map.py"),
        levels=LEVEL_NAMES,
    script:
        "../scripts/paper/plot_income_map.py"


rule ssig_figure_validation:
    input:
        summary="<results>/ssig/summary.csv",
    output:
        pdf="<results>/paper/ssig/validation.pdf",
        png=report(
            "<results>/paper/ssig/validation.png",
            caption="../report/ssig_figure_validation.rst",
            category="District study",
            subcategory="Figures",
            labels={"figure": "Scores under all folds"},
        ),
        table="<results>/paper/ssig/validation.csv",
    log:
        "<logs>/paper/ssig_figure_validation.log",
    benchmark:
        "<benchmarks>/paper/ssig_figure_validation.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(10),
    params:
        code=code("paper/ssig_figure_validation.py"),
        levels=LEVEL_NAMES,
        metric="cod",
    script:
        "../scripts/paper/ssig_figure_validation.py"


rule ssig_income_maps:
    input:
        expand(
            "<results>/paper/ssig/income_{level}_{income}.{format}",
            level=LEVELS,
            income=INCOMES,
            format=["pdf", "png"],
        ),
