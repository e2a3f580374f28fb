# Which tasks are explained, and where their fitted processes lie.

from snakemake.exceptions import WorkflowError

SHAPLEY = config["shapley"]
SHAPLEY_MODES = SHAPLEY["modes"]

if not set(SHAPLEY_MODES) <= set(MODES):
    raise WorkflowError(
        f"shapley.modes: {', '.join(SHAPLEY_MODES)} asked for, but ssig.modes fits only "
        f"{', '.join(MODES)}; name the same modes in both"
    )

# Every task by its names, and the same tasks as paths expect them: one order everywhere.
SHAPLEY_TASKS = [
    {"level": level, "income": income, "mode": mode}
    for level in LEVELS
    for income in INCOMES
    for mode in SHAPLEY_MODES
]


# One path a task.
def of_every_task(pattern):
    return [pattern.format(**task) for task in SHAPLEY_TASKS]


# One path a mode, of the level and income of a rule.
def of_every_mode(pattern):
    return [pattern.replace("{mode}", mode) for mode in SHAPLEY_MODES]


# The tasks that a rule of all modes works on.
def tasks_of(wildcards):
    return [
        task
        for task in SHAPLEY_TASKS
        if (task["level"], task["income"]) == (wildcards.level, wildcards.income)
    ]
