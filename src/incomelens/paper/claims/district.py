"""Every qualitative claim of the district paper, in our words, and their ledger.

What its words mean: deviation `claims_rules`.
"""

import pandas as pd

from incomelens.paper.claims.claim import Claim
from incomelens.paper.claims.district_cases import (
    ABOVE,
    BELOW,
    HOUSEHOLD_TASKS,
    MODERATE_RANKS,
    SELECTED,
    Study,
    better,
    group_outweighs,
    has_no_common_sign,
    has_rank,
    has_sign,
    lacks_pattern,
    more_sensitive,
    outweighs,
    passes_filter,
)
from incomelens.paper.claims.ledger import Ledger
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import BASELINES, MODES, READINGS, SCHEMES, SOCIOECONOMIC, SPATIAL, TEN
from incomelens.paper.reference import Reference
from incomelens.paper.ssig.table_5 import read_thresholds

ABLATION = "Results, Ablation study; Table 4"
PARAGRAPH = "Discussions, paragraph {}; Figs. 2 to 5"
TABLE_5 = "Discussions, paragraph 8; Table 5"

# fmt: off
CLAIMS = (
    Claim("1", "SSIG predicts better than each of the five image-and-price models.",
          "Results, Model performance; Table 3; Discussions, paragraph 2",
          better("ssig", list(BASELINES))),
    Claim("2a", "In most cases SSIG predicts better than a Gaussian process of the ten variables "
          "alone.", ABLATION, better("ssig", ["socioeconomic"]), most=True),
    Claim("2b", "In most cases SSIG predicts better than a Gaussian process of the location alone.",
          ABLATION, better("ssig", ["spatial"]), most=True),
    Claim("3", "In most cases the ten variables alone predict better than the location alone.",
          "Discussions, paragraph 3; Table 4", better("socioeconomic", ["spatial"]), most=True),
    Claim("4", "Together, the socio-economic variables contribute more than the location.",
          PARAGRAPH.format(3), group_outweighs(SOCIOECONOMIC, SPATIAL)),
    Claim("5a", "The share of adults with a postgraduate degree is the most important variable.",
          PARAGRAPH.format(4), has_rank("postgraduate", [1])),
    Claim("5b", "The share of adults with a bachelor's degree is the second most important "
          "variable.", PARAGRAPH.format(4), has_rank("bachelor", [2])),
    Claim("5c", "More adults with a postgraduate degree go with a higher income.",
          PARAGRAPH.format(4), has_sign("postgraduate", ABOVE)),
    Claim("5d", "More adults with a bachelor's degree go with a higher income.",
          PARAGRAPH.format(4), has_sign("bachelor", ABOVE)),
    Claim("6a", "A larger White share goes with a higher income.",
          PARAGRAPH.format(5), has_sign("white", ABOVE)),
    Claim("6b", "A larger share of males goes with a higher median household income.",
          PARAGRAPH.format(5), has_sign("male", ABOVE, HOUSEHOLD_TASKS)),
    Claim("6c", "The White share contributes more than the share of males.",
          PARAGRAPH.format(5), outweighs("white", "male")),
    Claim("7a", "A higher population density goes with a lower income.",
          PARAGRAPH.format(6), has_sign("population_density", BELOW)),
    Claim("7b", "A higher unemployment rate goes with a lower income.",
          PARAGRAPH.format(6), has_sign("unemployment", BELOW)),
    Claim("7c", "In general, population density contributes moderately.",
          PARAGRAPH.format(6), has_rank("population_density", MODERATE_RANKS), most=True),
    Claim("7d", "In general, the unemployment rate contributes moderately.",
          PARAGRAPH.format(6), has_rank("unemployment", MODERATE_RANKS), most=True),
    Claim("8a", "The effect of the share younger than 18 is ambiguous.",
          PARAGRAPH.format(7), has_no_common_sign("age_under_18")),
    Claim("8b", "The effect of the share aged 65 or above is ambiguous.",
          PARAGRAPH.format(7), has_no_common_sign("age_65_plus")),
    Claim("9a", "The share with a bachelor's degree passes the filter of Table 5.",
          TABLE_5, passes_filter(["bachelor"])),
    Claim("9b", "The share with a postgraduate degree passes the filter of Table 5.",
          TABLE_5, passes_filter(["postgraduate"])),
    Claim("9c", "The White share passes the filter of Table 5.", TABLE_5, passes_filter(["white"])),
    Claim("9d", "No other variable passes the filter of Table 5.", TABLE_5,
          passes_filter([name for name in TEN if name not in SELECTED], passes=False)),
    Claim("9e", "Per-capita income is more sensitive to the share with a bachelor's degree than "
          "median household income.", TABLE_5, more_sensitive(ABOVE, "bachelor")),
    Claim("9f", "At ZIP areas, per-capita income is more sensitive to the share with a "
          "postgraduate degree than median household income.",
          TABLE_5, more_sensitive(ABOVE, "postgraduate", ["zip"])),
    Claim("9g", "At tracts, the postgraduate degree does not show the pattern of the bachelor's "
          "degree (implied where the text trusts ZIP areas more).",
          TABLE_5, lacks_pattern("postgraduate", "tract")),
    Claim("9h", "Median household income is more sensitive to the White share than per-capita "
          "income.", TABLE_5, more_sensitive(BELOW, "white")),
    Claim("10", "The share with a bachelor's degree has a stronger effect than the White share.",
          PARAGRAPH.format(8), outweighs("bachelor", "white")),
)
# fmt: on


def exhibit(
    scores: pd.DataFrame,
    groups: pd.DataFrame,
    variables: pd.DataFrame,
    comparison: pd.DataFrame,
    reference: Reference,
    baselines: pd.DataFrame | None,
) -> Exhibit:
    """Judge every claim in both readings, those about scores under every scheme of folds.

    Parameters
    ----------
    scores, groups, variables, comparison, baselines : DataFrame
        As :class:`Study` takes them.
    """
    no_scores = scores.iloc[:0].assign(sample=[])
    baselines = no_scores if baselines is None else baselines
    thresholds = read_thresholds(reference)
    tables = (scores, groups, variables, comparison)
    modes = [mode for mode in READINGS if any(mode in set(table["mode"]) for table in tables)]
    schemes = [scheme for scheme in SCHEMES if scheme in set(scores["scheme"])]
    studies = {
        (mode, scheme): Study(*tables, thresholds, mode, scheme, baselines)
        for mode in modes or READINGS
        for scheme in schemes or [next(iter(SCHEMES))]
    }
    return Ledger.judged(CLAIMS, studies, by=("mode", "scheme")).exhibit(
        caption="Claims of the district paper, held against the outputs of this study.",
        notes=(
            "Claims in our own words. Columns: what of the Gaussian process was fitted; the paper "
            "prints l = 1 and names no fitting. Cases: how many support, contradict and leave "
            "open. The paper's folds are taken to be random, other folds are harder. Shapley "
            "values are of the model fitted to all districts, in SD units of the income.",
        ),
        columns={"mode": {mode: MODES[mode] for mode in modes or READINGS}},
        schemes=SCHEMES,
    )
