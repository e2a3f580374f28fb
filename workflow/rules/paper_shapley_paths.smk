# paper, Shapley figures: which task each shows, and where its inputs lie.

# The level and the income of every figure.
TASK_OF_FIGURE = figure_tasks(LEVEL_NAMES, INCOMES)
SHAPLEY_MODE = config["figures"]["shapley_mode"]
SHAPLEY_VALUES = "<results>/shapley/{level}-{income}-{mode}.parquet"


# The rules of Figs. 2-5 stand in every study, also where it has fewer tasks.
def task_of_figure(number):
    return TASK_OF_FIGURE.get(number, ("none", "none"))


# Files of one task, none where the study lacks it: the rule of a figure stands in every study, and
# where there is nothing to show, its job says so.
def of_study(pattern, level, income):
    known = level in LEVELS and income in INCOMES and SHAPLEY_MODE in SHAPLEY_MODES
    keys = {"level": level, "income": income, "mode": SHAPLEY_MODE}
    return expand(pattern, **keys) if known else []


def of_shapley_figure(number):
    task = task_of_figure(number)
    return {
        "districts": of_study("<results>/districts/{level}.parquet", *task),
        "shap": of_study(SHAPLEY_VALUES, *task),
        "groups": "<results>/shapley/groups.csv",
        "variables": "<results>/shapley/variables.csv",
    }


def shown_in_figure(number):
    level, income = task_of_figure(number)
    return {
        "number": number,
        "level": level,
        "income": income,
        "mode": SHAPLEY_MODE,
        "colours": config["figures"]["colours"],
        "levels": LEVEL_NAMES,
    }


# What either function says of the figure whose number is a wildcard.
def numbered(function):
    def of(name):
        return lambda wildcards: function(int(wildcards.number))[name]

    return {name: of(name) for name in function(2)}
