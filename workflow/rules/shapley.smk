# shapley: exact Shapley values of the Gaussian process, their uncertainty and interactions, and
# what they say of groups, variables and incomes.


include: "shapley_paths.smk"


# Long on real data: chunks of it stay beside the output until it is written, so that a killed job
# goes on where it stopped.
rule explain_income:
    input:
        arrays="<results>/ssig/{level}-{income}-{mode}/gp.safetensors",
        description="<results>/ssig/{level}-{income}-{mode}/gp.json",
        districts="<results>/districts/{level}.parquet",
    output:
        values="<results>/shapley/{level}-{income}-{mode}.parquet",
        description="<results>/shapley/{level}-{income}-{mode}.json",
    log:
        "<logs>/shapley/explain_income/{level}-{income}-{mode}.log",
    benchmark:
        "<benchmarks>/shapley/explain_income/{level}-{income}-{mode}.tsv"
    wildcard_constraints:
        mode="|".join(SHAPLEY_MODES),
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(SHAPLEY["memory_mb"] + 1000),
        runtime=minutes(120),
    params:
        code=code("shapley/explain_income.py"),
        seed=config["seed"],
        threads=config["threads"],
        explainer=SHAPLEY["explainer"],
        shap_kernel=SHAPLEY["shap_kernel"],
        incomes=INCOMES,
        background=SHAPLEY["background"],
        tolerance=SHAPLEY["tolerance"],
        memory_mb=SHAPLEY["memory_mb"],
    script:
        "../scripts/shapley/explain_income.py"


# All modes in one job, here and below: compiling takes longer than a small study's districts.
rule measure_shapley_uncertainty:
    input:
        values=of_every_mode("<results>/shapley/{level}-{income}-{mode}.parquet"),
        arrays=of_every_mode("<results>/ssig/{level}-{income}-{mode}/gp.safetensors"),
        descriptions=of_every_mode("<results>/ssig/{level}-{income}-{mode}/gp.json"),
        districts=["<results>/districts/{level}.parquet"],
    output:
        uncertainty=of_every_mode(
            "<results>/shapley/{level}-{income}-{mode}-uncertainty.parquet"
        ),
    log:
        "<logs>/shapley/measure_shapley_uncertainty/{level}-{income}.log",
    benchmark:
        "<benchmarks>/shapley/measure_shapley_uncertainty/{level}-{income}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(SHAPLEY["memory_mb"] + 1000),
        runtime=minutes(60),
    params:
        code=code("shapley/measure_shapley_uncertainty.py"),
        seed=config["seed"],
        threads=config["threads"],
        tasks=tasks_of,
        incomes=INCOMES,
        background=SHAPLEY["background"],
        tolerance=SHAPLEY["tolerance"],
        memory_mb=SHAPLEY["memory_mb"],
        districts=SHAPLEY["variance_districts"],
    script:
        "../scripts/shapley/measure_shapley_uncertainty.py"


rule measure_shapley_interactions:
    input:
        arrays=of_every_mode("<results>/ssig/{level}-{income}-{mode}/gp.safetensors"),
        descriptions=of_every_mode("<results>/ssig/{level}-{income}-{mode}/gp.json"),
        districts=["<results>/districts/{level}.parquet"],
    output:
        interactions=of_every_mode(
            "<results>/shapley/{level}-{income}-{mode}-interactions.csv"
        ),
    log:
        "<logs>/shapley/measure_shapley_interactions/{level}-{income}.log",
    benchmark:
        "<benchmarks>/shapley/measure_shapley_interactions/{level}-{income}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(SHAPLEY["memory_mb"] + 1000),
        runtime=minutes(60),
    params:
        code=code("shapley/measure_shapley_interactions.py"),
        seed=config["seed"],
        threads=config["threads"],
        tasks=tasks_of,
        incomes=INCOMES,
        background=SHAPLEY["background"],
        tolerance=SHAPLEY["tolerance"],
        memory_mb=SHAPLEY["memory_mb"],
        districts=SHAPLEY["interaction_districts"],
    script:
        "../scripts/shapley/measure_shapley_interactions.py"


rule summarise_shapley:
    input:
        values=of_every_task("<results>/shapley/{level}-{income}-{mode}.parquet"),
        districts=expand("<results>/districts/{level}.parquet", level=LEVELS),
        folds=expand("<results>/folds/{level}-random.parquet", level=LEVELS),
    output:
        groups="<results>/shapley/groups.csv",
        variables="<results>/shapley/variables.csv",
        income_comparison="<results>/shapley/income_comparison.csv",
    log:
        "<logs>/shapley/summarise_shapley.log",
    benchmark:
        "<benchmarks>/shapley/summarise_shapley.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(1500),
        runtime=minutes(15),
    params:
        code=code("shapley/summarise_shapley.py"),
        seed=config["seed"],
        threads=config["threads"],
        tasks=SHAPLEY_TASKS,
        levels=LEVELS,
        resamples=SHAPLEY["resamples"],
    script:
        "../scripts/shapley/summarise_shapley.py"


rule compare_backgrounds:
    input:
        arrays=of_every_task("<results>/ssig/{level}-{income}-{mode}/gp.safetensors"),
        descriptions=of_every_task("<results>/ssig/{level}-{income}-{mode}/gp.json"),
        districts=expand("<results>/districts/{level}.parquet", level=LEVELS),
    output:
        sensitivity="<results>/shapley/background_sensitivity.csv",
    log:
        "<logs>/shapley/compare_backgrounds.log",
    benchmark:
        "<benchmarks>/shapley/compare_backgrounds.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(SHAPLEY["memory_mb"] + 1000),
        runtime=minutes(120),
    params:
        code=code("shapley/compare_backgrounds.py"),
        seed=config["seed"],
        threads=config["threads"],
        tasks=SHAPLEY_TASKS,
        incomes=INCOMES,
        background=SHAPLEY["background"],
        tolerance=SHAPLEY["tolerance"],
        memory_mb=SHAPLEY["memory_mb"],
        backgrounds=SHAPLEY["backgrounds"],
        districts=SHAPLEY["background_districts"],
    script:
        "../scripts/shapley/compare_backgrounds.py"


rule compare_explainers:
    input:
        arrays=of_every_task("<results>/ssig/{level}-{income}-{mode}/gp.safetensors"),
        descriptions=of_every_task("<results>/ssig/{level}-{income}-{mode}/gp.json"),
        districts=expand("<results>/districts/{level}.parquet", level=LEVELS),
    output:
        comparison="<results>/shapley/explainer_comparison.csv",
    log:
        "<logs>/shapley/compare_explainers.log",
    benchmark:
        "<benchmarks>/shapley/compare_explainers.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(SHAPLEY["memory_mb"] + 1500),
        runtime=minutes(120),
    params:
        code=code("shapley/compare_explainers.py"),
        seed=config["seed"],
        threads=config["threads"],
        tasks=SHAPLEY_TASKS,
        incomes=INCOMES,
        background=SHAPLEY["background"],
        tolerance=SHAPLEY["tolerance"],
        memory_mb=SHAPLEY["memory_mb"],
        districts=SHAPLEY["kernel_districts"],
    script:
        "../scripts/shapley/compare_explainers.py"
