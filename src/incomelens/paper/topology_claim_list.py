"""Every qualitative claim of the aerial paper on scores, maps and land, in our words."""

from itertools import product

from incomelens.paper.aerial.names import INFRASTRUCTURE, RESIDENTIAL
from incomelens.paper.topology_cases import (
    NON_RESIDENTIAL,
    activated,
    coactivated,
    gains,
    lives_more,
    mostly_coactivated,
    rejects_h0,
    rejects_h1,
    residential_activates_more,
    score_in_range,
)
from incomelens.paper.topology_claims import AerialClaim

LOW, HIGH = ("low",), ("high",)
SES = ("low", "high")
UNIVARIATE = "Results, Univariate correlations; Fig. 5"
BIVARIATE = "Results, Bivariate correlations; Fig. 6"
MET = "The 95 % interval (spatial blocks) of each city's mean of folds meets the range."
OVER = "H0 is rejected at q ≤ 0.05, x above what is expected, in {} of the cases class × city."
DISJOINT = (
    "The 95 % intervals (spatial blocks) of both probabilities lie apart, the claimed one higher, "
    "in {} of the cases class × city."
)
PAIR_OVER = "Over-coactivated at q ≤ 0.05 in {} of the cases."
GAIN = "The 95 % interval (spatial blocks) of the gain lies above 1 in {} of the cases."

CLAIMS = (
    AerialClaim(
        "1a",
        "Predicted and observed income classes correlate with r from 0.65 to 0.71.",
        "Results, Inferring SES in cities; Fig. 2",
        MET,
        score_in_range("pearson_r", 0.65, 0.71),
        about="scores",
    ),
    AerialClaim(
        "1b",
        "Predictions are off by 0.72 to 0.80 classes on average.",
        "Results, Inferring SES in cities; Fig. 2",
        MET,
        score_in_range("mae", 0.72, 0.80),
        about="scores",
    ),
    AerialClaim(
        "1c",
        "A share of 0.82 to 0.85 is predicted in its class or a neighbouring one.",
        "Results, Inferring SES in cities; Fig. 2",
        MET,
        score_in_range("accuracy_within_1", 0.82, 0.85),
        about="scores",
    ),
    AerialClaim(
        "2",
        "H0 does not hold: some urban classes are activated more than others.",
        UNIVARIATE,
        "The joint test rejects H0 in every city (P ≤ 0.05).",
        rejects_h0,
    ),
    AerialClaim(
        "3a",
        "Residential areas are over-activated in tiles predicted of low SES.",
        UNIVARIATE,
        OVER.format("more than half"),
        activated(RESIDENTIAL, LOW),
        needs_every=False,
    ),
    AerialClaim(
        "3b",
        "Residential areas are over-activated in tiles predicted of high SES.",
        UNIVARIATE,
        OVER.format("more than half"),
        activated(RESIDENTIAL, HIGH),
        needs_every=False,
    ),
    AerialClaim(
        "3c",
        "In Lyon, Lille and Marseille residential areas activate more for high SES.",
        UNIVARIATE,
        "In each of these cities most of the five classes have the larger ratio for high SES "
        "(estimates, not tested).",
        residential_activates_more("high", ("lyon", "lille", "marseille")),
    ),
    AerialClaim(
        "3d",
        "In Paris and Nice residential areas activate more for low SES.",
        UNIVARIATE,
        "In each of these cities most of the five classes have the larger ratio for low SES "
        "(estimates, not tested).",
        residential_activates_more("low", ("paris", "nice")),
    ),
    AerialClaim(
        "4a",
        "Infrastructure tends to be over-activated in tiles predicted of low SES.",
        UNIVARIATE,
        OVER.format("more than half"),
        activated(INFRASTRUCTURE, LOW),
        needs_every=False,
    ),
    AerialClaim(
        "4b",
        "Railways and motorways are over-activated for low SES in Lyon and Marseille.",
        UNIVARIATE,
        OVER.format("all"),
        activated(("railways", "motorways"), LOW, named=("lyon", "marseille")),
    ),
    AerialClaim(
        "4c",
        "Roads are over-activated for low SES in all cities.",
        UNIVARIATE,
        OVER.format("all"),
        activated(("roads",), LOW),
    ),
    AerialClaim(
        "5a",
        "Low- and medium-density fabric lies more in high-SES tiles, in any city.",
        UNIVARIATE,
        DISJOINT.format("all"),
        lives_more(("low", "medium"), "high"),
        about="land",
    ),
    AerialClaim(
        "5b",
        "Continuous fabric, the densest, lies more in low-SES tiles.",
        UNIVARIATE,
        DISJOINT.format("all"),
        lives_more(("continuous",), "low"),
        about="land",
    ),
    AerialClaim(
        "5c",
        "Tiles with motorways, railways or commercial and industrial units are mostly of low SES.",
        UNIVARIATE,
        DISJOINT.format("more than half"),
        lives_more(("motorways", "railways", "commercial_industrial"), "low"),
        about="land",
        needs_every=False,
    ),
    AerialClaim(
        "5d",
        "Tiles with natural areas are more likely of high SES.",
        UNIVARIATE,
        DISJOINT.format("more than half"),
        lives_more(("natural",), "high"),
        about="land",
        needs_every=False,
    ),
    AerialClaim(
        "6",
        "H1 does not hold: what a class activates depends on the class beside it.",
        BIVARIATE,
        "Plain: at least one pair at q ≤ 0.05 in every city. Adjusted: the joint test rejects H1 "
        "in every city (P ≤ 0.05).",
        rejects_h1,
        about="pairs",
    ),
    AerialClaim(
        "7a",
        "The densest residential areas are over-coactivated beside land that is not residential.",
        BIVARIATE,
        "Of the pairs decided at q ≤ 0.05 (continuous or dense fabric, any class that is not "
        "residential) more are over- than under-coactivated, in more than half of the cases "
        "city × SES.",
        mostly_coactivated(tuple(product(("continuous", "dense"), NON_RESIDENTIAL)), wanted="over"),
        about="pairs",
        needs_every=False,
    ),
    AerialClaim(
        "7b",
        "Continuous fabric is over-coactivated beside natural areas or water, but for low SES in "
        "Marseille.",
        BIVARIATE,
        PAIR_OVER.format("all"),
        coactivated(
            (("continuous", "natural"), ("continuous", "water")), SES, but={("marseille", "low")}
        ),
        about="pairs",
    ),
    AerialClaim(
        "7c",
        "So it is beside agricultural areas.",
        BIVARIATE,
        PAIR_OVER.format("more than half"),
        coactivated((("continuous", "agriculture_wetland"),), SES, but={("marseille", "low")}),
        about="pairs",
        needs_every=False,
    ),
    AerialClaim(
        "7d",
        "Very-low-density fabric is over-coactivated for low SES beside green urban areas or "
        "leisure facilities, in Paris, Lyon and Marseille.",
        BIVARIATE,
        PAIR_OVER.format("all"),
        coactivated(
            (("very_low", "green_urban"), ("very_low", "leisure")),
            LOW,
            named=("paris", "lyon", "marseille"),
        ),
        about="pairs",
    ),
    AerialClaim(
        "7e",
        "Residential areas of different densities are not over-coactivated beside one another, but "
        "for low SES in Marseille and Nice.",
        BIVARIATE,
        "Of the residential pairs decided at q ≤ 0.05 no more are over- than under-coactivated, "
        "in more than half of the cases city × SES; open where none is decided.",
        mostly_coactivated(
            tuple(pair for pair in product(RESIDENTIAL, repeat=2) if pair[0] != pair[1]),
            wanted="not over",
            but={("marseille", "low"), ("nice", "low")},
        ),
        about="pairs",
        needs_every=False,
    ),
    AerialClaim(
        "8a",
        "Low- and medium-density fabric beside railways or motorways is more likely of low SES.",
        BIVARIATE,
        GAIN.format("more than half"),
        gains(tuple(product(("low", "medium"), ("railways", "motorways"))), "low"),
        about="land",
        needs_every=False,
    ),
    AerialClaim(
        "8b",
        "Continuous fabric beside water or natural areas is more likely of high SES.",
        BIVARIATE,
        GAIN.format("more than half"),
        gains((("continuous", "water"), ("continuous", "natural")), "high"),
        about="land",
        needs_every=False,
    ),
)
