"""Every qualitative claim of the district paper, in our words, with the rule that decides it."""

from incomelens.paper.claim_cases import (
    HOUSEHOLD_TASKS,
    MODERATE_RANKS,
    better_scores,
    better_than_baselines,
    group_outweighs,
    has_no_common_sign,
    has_rank,
    has_sign,
    lacks_pattern_at_tracts,
    more_sensitive,
    only_selected_pass,
    outweighs,
    passes_filter,
)
from incomelens.paper.claims import Claim
from incomelens.paper.names import (
    CLEAR_DIRECTION,
    SOCIOECONOMIC,
    SPATIAL,
)

EVERY_TASK = "in each of the four tasks"
MOST_CELLS = (
    "The mean of folds is better in more than half of the sixteen cells "
    "(four tasks; r², CoD, RMSE, MAE)."
)
POSITIVE = (
    f"Rank correlation of the variable with its own Shapley values at least {CLEAR_DIRECTION:g} "
    f"{EVERY_TASK}."
)
NEGATIVE = POSITIVE.replace("at least ", "at most −")
MODERATE = (
    f"Rank {MODERATE_RANKS.start} to {MODERATE_RANKS.stop - 1} of the ten (neither the two "
    "strongest nor the two weakest) in more than half of the four tasks."
)
FILTER = "All four conditions of Table 5's filter are met."
AMBIGUOUS = (
    f"The four tasks do not share one clear sign (rank correlation beyond ±{CLEAR_DIRECTION:g})."
)

CLAIMS = (
    Claim(
        "1",
        "SSIG predicts better than each of the five image-and-price models.",
        "Results, Model performance; Table 3; Discussions, paragraph 2",
        "On the districts that all models cover, the mean of folds is better for each of the five "
        "models with all three modalities, four tasks and four scores.",
        better_than_baselines(complete=True),
        under_folds=True,
    ),
    Claim(
        "1r",
        "Claim 1, restricted to the versions of the five models that this study has; their names "
        "say what they lack.",
        "Not a claim of the paper: what claim 1 comes to without the missing modalities",
        "On the districts that all models cover, the mean of folds is better for each of the five "
        "models as built, four tasks and four scores.",
        better_than_baselines(complete=False),
        under_folds=True,
    ),
    Claim(
        "2a",
        "In most cases SSIG predicts better than a Gaussian process of the ten variables alone.",
        "Results, Ablation study; Table 4",
        MOST_CELLS,
        better_scores("ssig", ["socioeconomic"]),
        needs_every=False,
        under_folds=True,
    ),
    Claim(
        "2b",
        "In most cases SSIG predicts better than a Gaussian process of the location alone.",
        "Results, Ablation study; Table 4",
        MOST_CELLS,
        better_scores("ssig", ["spatial"]),
        needs_every=False,
        under_folds=True,
    ),
    Claim(
        "3",
        "In most cases the ten variables alone predict better than the location alone.",
        "Discussions, paragraph 3; Table 4",
        MOST_CELLS,
        better_scores("socioeconomic", ["spatial"]),
        needs_every=False,
        under_folds=True,
    ),
    Claim(
        "4",
        "Together, the socio-economic variables contribute more than the location.",
        "Discussions, paragraph 3; Figs. 2a to 5a",
        f"The mean absolute sum of the group's Shapley values is larger {EVERY_TASK}.",
        group_outweighs(SOCIOECONOMIC, SPATIAL),
    ),
    Claim(
        "5a",
        "The share of adults with a postgraduate degree is the most important variable.",
        "Discussions, paragraph 4; Figs. 2b to 5b; Table 5",
        f"Rank 1 of the ten by mean absolute Shapley value {EVERY_TASK}.",
        has_rank("postgraduate", [1]),
    ),
    Claim(
        "5b",
        "The share of adults with a bachelor's degree is the second most important variable.",
        "Discussions, paragraph 4; Figs. 2b to 5b; Table 5",
        f"Rank 2 of the ten by mean absolute Shapley value {EVERY_TASK}.",
        has_rank("bachelor", [2]),
    ),
    Claim(
        "5c",
        "More adults with a postgraduate degree go with a higher income.",
        "Discussions, paragraph 4; Figs. 2c to 5c",
        POSITIVE,
        has_sign("postgraduate", "+"),
    ),
    Claim(
        "5d",
        "More adults with a bachelor's degree go with a higher income.",
        "Discussions, paragraph 4; Figs. 2c to 5c",
        POSITIVE,
        has_sign("bachelor", "+"),
    ),
    Claim(
        "6a",
        "A larger White share goes with a higher income.",
        "Discussions, paragraph 5; Figs. 2c to 5c",
        POSITIVE,
        has_sign("white", "+"),
    ),
    Claim(
        "6b",
        "A larger share of males goes with a higher median household income.",
        "Discussions, paragraph 5; Figs. 3c and 5c",
        POSITIVE.replace(EVERY_TASK, "at both levels, for median household income"),
        has_sign("male", "+", HOUSEHOLD_TASKS),
    ),
    Claim(
        "6c",
        "The White share contributes more than the share of males.",
        "Discussions, paragraph 5; Table 5",
        f"The mean absolute Shapley value is larger {EVERY_TASK}.",
        outweighs("white", "male"),
    ),
    Claim(
        "7a",
        "A higher population density goes with a lower income.",
        "Discussions, paragraph 6; Figs. 2c to 5c",
        NEGATIVE,
        has_sign("population_density", "−"),
    ),
    Claim(
        "7b",
        "A higher unemployment rate goes with a lower income.",
        "Discussions, paragraph 6; Figs. 2c to 5c",
        NEGATIVE,
        has_sign("unemployment", "−"),
    ),
    Claim(
        "7c",
        "In general, population density contributes moderately.",
        "Discussions, paragraph 6; Figs. 2b to 5b",
        MODERATE,
        has_rank("population_density", MODERATE_RANKS),
        needs_every=False,
    ),
    Claim(
        "7d",
        "In general, the unemployment rate contributes moderately.",
        "Discussions, paragraph 6; Figs. 2b to 5b",
        MODERATE,
        has_rank("unemployment", MODERATE_RANKS),
        needs_every=False,
    ),
    Claim(
        "8a",
        "The effect of the share younger than 18 is ambiguous.",
        "Discussions, paragraph 7; Figs. 2c to 5c",
        AMBIGUOUS,
        has_no_common_sign("age_under_18"),
    ),
    Claim(
        "8b",
        "The effect of the share aged 65 or above is ambiguous.",
        "Discussions, paragraph 7; Figs. 2c to 5c",
        AMBIGUOUS,
        has_no_common_sign("age_65_plus"),
    ),
    Claim(
        "9a",
        "The share with a bachelor's degree passes the filter of Table 5.",
        "Discussions, paragraph 8; Table 5",
        FILTER,
        passes_filter("bachelor"),
    ),
    Claim(
        "9b",
        "The share with a postgraduate degree passes the filter of Table 5.",
        "Discussions, paragraph 8; Table 5",
        FILTER,
        passes_filter("postgraduate"),
    ),
    Claim(
        "9c",
        "The White share passes the filter of Table 5.",
        "Discussions, paragraph 8; Table 5",
        FILTER,
        passes_filter("white"),
    ),
    Claim(
        "9d",
        "No other variable passes the filter of Table 5.",
        "Discussions, paragraph 8; Table 5",
        "Each of the seven other variables misses a condition of the filter.",
        only_selected_pass,
    ),
    Claim(
        "9e",
        "Per-capita income is more sensitive to the share with a bachelor's degree than median "
        "household income.",
        "Discussions, paragraph 8; Table 5",
        "The mean absolute Shapley value is larger for per-capita income at both levels.",
        more_sensitive("per_capita_income", "bachelor"),
    ),
    Claim(
        "9f",
        "At ZIP areas, per-capita income is more sensitive to the share with a postgraduate "
        "degree than median household income.",
        "Discussions, paragraph 8; Table 5",
        "The mean absolute Shapley value is larger for per-capita income at ZIP areas.",
        more_sensitive("per_capita_income", "postgraduate", ["zip"]),
    ),
    Claim(
        "9g",
        "At tracts, the postgraduate degree does not show the pattern of the bachelor's degree "
        "(implied where the text trusts ZIP areas more).",
        "Discussions, paragraph 8; Table 5",
        "At tracts the difference is not positive, or its P is not below the filter's limit.",
        lacks_pattern_at_tracts("postgraduate"),
    ),
    Claim(
        "9h",
        "Median household income is more sensitive to the White share than per-capita income.",
        "Discussions, paragraph 8; Table 5",
        "The mean absolute Shapley value is larger for median household income at both levels.",
        more_sensitive("median_household_income", "white"),
    ),
    Claim(
        "10",
        "The share with a bachelor's degree has a stronger effect than the White share.",
        "Discussions, paragraph 8; Figs. 2c to 5c",
        f"The mean absolute Shapley value is larger {EVERY_TASK}; how much is left open.",
        outweighs("bachelor", "white"),
    ),
)
