# paper, Shapley figures: which task each shows, and where its inputs lie.

# The level and the income of every figure.
TASK_OF_FIGURE = figure_tasks(LEVEL_NAMES, INCOMES)
SHAPLEY_MODE = config["figures"]["shapley_mode"]
SHAPLEY_VALUES = "<results>/shapley/{level}-{income}-{mode}.parquet"


# The rules of Figs. 2-5 stand in every study, also where it has fewer tasks.
def task_of_figure(number):
    return TASK_OF_FIGURE.get(int(number), ("none", "none"))


# Files of one task, none where the study lacks it: the rule of a figure stands in every study, and
# where there is nothing to show, its job says so.
def of_study(pattern, level, income):
    known = level in LEVELS and income in INCOMES and SHAPLEY_MODE in SHAPLEY_MODES
    keys = {"level": level, "income": income, "mode": SHAPLEY_MODE}
    return expand(pattern, **keys) if known else []


# The same, of the task whose figure is asked for.
def of_figure(pattern):
    return lambda wildcards: of_study(pattern, *task_of_figure(wildcards.number))
