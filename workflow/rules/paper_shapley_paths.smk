# paper, Shapley figures: which task each shows, and where its inputs lie.

# The level and the income of every figure.
TASK_OF_FIGURE = {
    2: ("tract", "per_capita_income"),
    3: ("tract", "median_household_income"),
    4: ("zip", "per_capita_income"),
    5: ("zip", "median_household_income"),
}
SHAPLEY_MODE = config["figures"]["shapley_mode"]
SHAPLEY_VALUES = "<results>/shapley/{level}-{income}-{mode}.parquet"


# Files of one task, none where the study lacks it: the rule of a figure stands in every study, and
# where there is nothing to show, its job says so.
def of_study(pattern, level, income):
    known = level in LEVELS and income in INCOMES and SHAPLEY_MODE in SHAPLEY_MODES
    keys = {"level": level, "income": income, "mode": SHAPLEY_MODE}
    return expand(pattern, **keys) if known else []


def of_shapley_figure(number):
    task = TASK_OF_FIGURE[number]
    return {
        "districts": of_study("<results>/districts/{level}.parquet", *task),
        "shap": of_study(SHAPLEY_VALUES, *task),
        "groups": "<results>/shapley/groups.csv",
        "variables": "<results>/shapley/variables.csv",
    }


def shown_in_figure(number):
    level, income = TASK_OF_FIGURE[number]
    return {
        "number": number,
        "level": level,
        "income": income,
        "mode": SHAPLEY_MODE,
        "colours": config["figures"]["colours"],
    }
