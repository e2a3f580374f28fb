# shapley: exact Shapley values of the Gaussian process, their uncertainty and interactions, and
# what they say of groups, variables and incomes.

# The Gaussian process that is explained, and how exactly.
EXPLAINED = {
    "incomes": STUDY.incomes,
    "background": config["shapley"]["background"],
    "seed": config["seed"],
}
COMPUTED = {key: config["shapley"][key] for key in ("tolerance", "memory_mb")}
SHAPLEY_MB = config["shapley"]["memory_mb"] + 1000


# Long on real data: chunks of it stay beside the output until it is written, so that a killed job
# goes on where it stopped.
use rule scripted as explain_income with:
    input:
        arrays="<results>/ssig/{level}-{income}-{mode}/gp.safetensors",
        description="<results>/ssig/{level}-{income}-{mode}/gp.json",
        districts="<results>/districts/{level}.parquet",
    output:
        values="<results>/shapley/{level}-{income}-{mode}.parquet",
        description="<results>/shapley/{level}-{income}-{mode}.json",
    pathvars:
        job="shapley/explain_income/{level}-{income}-{mode}",
    wildcard_constraints:
        mode="|".join(STUDY.shapley_modes),
    resources:
        mem_mb=memory(SHAPLEY_MB),
        runtime=minutes(120),
    params:
        **run_by("shapley/explain_income"),
        seed=config["seed"],
        explained=EXPLAINED,
        computed=COMPUTED
        | {key: config["shapley"][key] for key in ("explainer", "shap_kernel")},


# All modes in one job, here and below: compiling takes longer than a small study's districts.
use rule scripted as measure_shapley_interactions with:
    input:
        arrays=FILES.of_modes("<results>/ssig/{level}-{income}-{mode}/gp.safetensors"),
        descriptions=FILES.of_modes("<results>/ssig/{level}-{income}-{mode}/gp.json"),
        districts=["<results>/districts/{level}.parquet"],
    output:
        interactions=FILES.of_modes(
            "<results>/shapley/{level}-{income}-{mode}-interactions.csv"
        ),
    pathvars:
        job="shapley/measure_shapley_interactions/{level}-{income}",
    resources:
        mem_mb=memory(SHAPLEY_MB),
        runtime=minutes(60),
    params:
        **run_by("shapley/measure_shapley_interactions"),
        seed=config["seed"],
        tasks=lambda wildcards: STUDY.explained_with(wildcards.level, wildcards.income),
        explained=EXPLAINED,
        computed=COMPUTED,
        districts=config["shapley"]["interaction_districts"],


use rule measure_shapley_interactions as measure_shapley_uncertainty with:
    input:
        values=FILES.of_modes("<results>/shapley/{level}-{income}-{mode}.parquet"),
        arrays=FILES.of_modes("<results>/ssig/{level}-{income}-{mode}/gp.safetensors"),
        descriptions=FILES.of_modes("<results>/ssig/{level}-{income}-{mode}/gp.json"),
        districts=["<results>/districts/{level}.parquet"],
    output:
        uncertainty=FILES.of_modes(
            "<results>/shapley/{level}-{income}-{mode}-uncertainty.parquet"
        ),
    pathvars:
        job="shapley/measure_shapley_uncertainty/{level}-{income}",
    params:
        **run_by("shapley/measure_shapley_uncertainty"),
        districts=config["shapley"]["variance_districts"],


# What the process says globally, beside the values: asked for of the successor alone.
use rule scripted as measure_global_effects with:
    input:
        arrays="<results>/ssig/{level}-{income}-{mode}/gp.safetensors",
        description="<results>/ssig/{level}-{income}-{mode}/gp.json",
        districts="<results>/districts/{level}.parquet",
    output:
        dependence="<results>/shapley/{level}-{income}-{mode}-dependence.csv",
        location="<results>/shapley/{level}-{income}-{mode}-location.csv",
        variance="<results>/shapley/{level}-{income}-{mode}-variance.csv",
    pathvars:
        job="shapley/measure_global_effects/{level}-{income}-{mode}",
    wildcard_constraints:
        mode="|".join(STUDY.shapley_modes),
    resources:
        mem_mb=memory(3000),
        runtime=minutes(60),
    params:
        **run_by("shapley/measure_global_effects"),
        explained=EXPLAINED,


use rule measure_shapley_interactions as compare_explainers with:
    input:
        arrays=FILES.of_explained(
            "<results>/ssig/{level}-{income}-{mode}/gp.safetensors"
        ),
        descriptions=FILES.of_explained(
            "<results>/ssig/{level}-{income}-{mode}/gp.json"
        ),
        districts=expand("<results>/districts/{level}.parquet", level=STUDY.levels),
    output:
        comparison="<results>/shapley/explainer_comparison.csv",
    pathvars:
        job="shapley/compare_explainers",
    resources:
        mem_mb=memory(SHAPLEY_MB + 500),
        runtime=minutes(120),
    params:
        **run_by("shapley/compare_explainers"),
        tasks=STUDY.explained_tasks,
        districts=config["shapley"]["kernel_districts"],


use rule compare_explainers as compare_backgrounds with:
    output:
        sensitivity="<results>/shapley/background_sensitivity.csv",
    pathvars:
        job="shapley/compare_backgrounds",
    resources:
        mem_mb=memory(SHAPLEY_MB),
        runtime=minutes(120),
    params:
        **run_by("shapley/compare_backgrounds"),
        backgrounds=config["shapley"]["backgrounds"],
        districts=config["shapley"]["background_districts"],


use rule scripted as summarise_shapley with:
    input:
        values=FILES.of_explained("<results>/shapley/{level}-{income}-{mode}.parquet"),
        descriptions=FILES.of_explained(
            "<results>/shapley/{level}-{income}-{mode}.json"
        ),
        districts=expand("<results>/districts/{level}.parquet", level=STUDY.levels),
        folds=expand("<results>/folds/{level}-random.parquet", level=STUDY.levels),
    output:
        groups="<results>/shapley/groups.csv",
        variables="<results>/shapley/variables.csv",
        income_comparison="<results>/shapley/income_comparison.csv",
    pathvars:
        job="shapley/summarise_shapley",
    resources:
        mem_mb=memory(1500),
        runtime=minutes(15),
    params:
        **run_by("shapley/summarise_shapley"),
        seed=config["seed"],
        tasks=STUDY.explained_tasks,
        levels=STUDY.levels,
        resamples=config["shapley"]["resamples"],
