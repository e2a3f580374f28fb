"""Every qualitative claim of the aerial paper, in our words, and their ledger."""

from collections.abc import Mapping, Sequence
from itertools import product

import pandas as pd

from incomelens.paper.aerial.inputs import by_scheme, stacked
from incomelens.paper.aerial.names import (
    SCHEMES,
    check_cities,
    main_method,
)
from incomelens.paper.claims.aerial_cases import (
    ADJUSTED,
    ALIKE,
    BY_H0_ALONE,
    MAPS,
    NON_RESIDENTIAL,
    PAIRS,
    PLAIN,
    RESIDENTIAL,
    SCORES,
    Study,
    activated,
    beats_classical_networks,
    coactivated,
    gains,
    hardest_class,
    lives_more,
    rejects_h0,
    rejects_h1,
    residential_activates_more,
    score_in_range,
    unlike_the_land,
)
from incomelens.paper.claims.claim import Claim, Question
from incomelens.paper.claims.ledger import NONE, Ledger
from incomelens.paper.exhibit import Exhibit

INFERRED = "Results, Inferring SES in cities; Fig. 2"
UNIVARIATE = "Results, Univariate correlations; Fig. 5"
BIVARIATE = "Results, Bivariate correlations; Fig. 6"
INFRASTRUCTURE = ("motorways", "roads", "railways")
MIXED = tuple((u, v) for u, v in product(RESIDENTIAL, RESIDENTIAL) if u != v)

# fmt: off
CLAIMS = (
    Claim("1a", "Predicted and observed income classes correlate with r from 0.65 to 0.71.",
          INFERRED, score_in_range("pearson_r", 0.65, 0.71)),
    Claim("1b", "Predictions are off by 0.72 to 0.80 classes on average.",
          INFERRED, score_in_range("mae", 0.72, 0.80)),
    Claim("1c", "A share of 0.82 to 0.85 is predicted in its class or a neighbouring one.",
          INFERRED, score_in_range("accuracy_within_1", 0.82, 0.85)),
    Claim("1d", "The class hardest to predict is the fourth in Paris and Lyon, the second in Nice "
          "and the third in Marseille.", INFERRED,
          hardest_class({"paris": 4, "lyon": 4, "nice": 2, "marseille": 3})),
    Claim("1e", "EfficientNet predicts better than VGG and ResNet.",
          "Results, Inferring SES in cities; Supplementary Table 1",
          Question("The 95 % interval (spatial blocks) of the difference of the same cells' scores "
                   "(r, accuracy, MAE, accuracy within 1) lies on the better side of 0",
                   beats_classical_networks, SCORES)),
    Claim("2", "H0 does not hold: some urban classes are activated more than others.", UNIVARIATE,
          Question("The joint test rejects H0 in a city (q ≤ 0.05)", rejects_h0, MAPS)),
    Claim("3a", "Residential areas are over-activated in tiles predicted of low SES.",
          UNIVARIATE, activated(RESIDENTIAL, "low"), most=True),
    Claim("3b", "Residential areas are over-activated in tiles predicted of high SES.",
          UNIVARIATE, activated(RESIDENTIAL, "high"), most=True),
    Claim("3c", "In Lyon, Lille and Marseille residential areas activate more for high SES.",
          UNIVARIATE, residential_activates_more("high", ("lyon", "lille", "marseille")),
          most=True),
    Claim("3d", "In Paris and Nice residential areas activate more for low SES.",
          UNIVARIATE, residential_activates_more("low", ("paris", "nice")), most=True),
    Claim("4a", "Infrastructure tends to be over-activated in tiles predicted of low SES.",
          UNIVARIATE, activated(INFRASTRUCTURE, "low"), most=True),
    Claim("4b", "Railways and motorways are over-activated for low SES in Lyon and Marseille.",
          UNIVARIATE, activated(("railways", "motorways"), "low", named=("lyon", "marseille"))),
    Claim("4c", "Roads are over-activated for low SES in all cities.",
          UNIVARIATE, activated(("roads",), "low")),
    Claim("5a", "Low- and medium-density fabric lies more in high-SES tiles, in any city.",
          UNIVARIATE, lives_more(("low", "medium"), "high")),
    Claim("5b", "Continuous fabric, the densest, lies more in low-SES tiles.",
          UNIVARIATE, lives_more(("continuous",), "low")),
    Claim("5c", "Tiles with motorways, railways or commercial and industrial units are mostly of "
          "low SES.", UNIVARIATE,
          lives_more(("motorways", "railways", "commercial_industrial"), "low"), most=True),
    Claim("5d", "Tiles with natural areas are more likely of high SES.",
          UNIVARIATE, lives_more(("natural",), "high"), most=True),
    Claim("6", "H1 does not hold: what a class activates depends on the class beside it.",
          BIVARIATE, Question("A city has at least one pair at q ≤ 0.05 (plain c), or the joint "
                              "test rejects H1 (adjusted c, q ≤ 0.05)", rejects_h1, PAIRS)),
    Claim("7a", "The densest residential areas are over-coactivated beside land that is not "
          "residential.", BIVARIATE,
          coactivated(tuple(product(("continuous", "dense"), NON_RESIDENTIAL))), most=True),
    Claim("7b", "Continuous fabric is over-coactivated beside natural areas or water, but for low "
          "SES in Marseille.", BIVARIATE,
          coactivated((("continuous", "natural"), ("continuous", "water")),
                      but={("marseille", "low")})),
    Claim("7c", "So it is beside agricultural areas.", BIVARIATE,
          coactivated((("continuous", "agriculture_wetland"),), but={("marseille", "low")}),
          most=True),
    Claim("7d", "Very-low-density fabric is over-coactivated for low SES beside green urban areas "
          "or leisure facilities, in Paris, Lyon and Marseille.", BIVARIATE,
          coactivated((("very_low", "green_urban"), ("very_low", "leisure")), ("low",),
                      named=("paris", "lyon", "marseille"))),
    Claim("7e", "Residential areas of different densities are not over-coactivated beside one "
          "another, but for low SES in Marseille and Nice.", BIVARIATE,
          coactivated(MIXED, over=False, but={("marseille", "low"), ("nice", "low")}), most=True),
    Claim("8a", "Low- and medium-density fabric beside railways or motorways is more likely of low "
          "SES.", BIVARIATE,
          gains(tuple(product(("low", "medium"), ("railways", "motorways"))), "low"), most=True),
    Claim("8b", "Continuous fabric beside water or natural areas is more likely of high SES.",
          BIVARIATE, gains((("continuous", "water"), ("continuous", "natural")), "high"),
          most=True),
    Claim("8c", "Homes beside natural areas are less often poor.", "Discussion, green spaces",
          gains(tuple((name, "natural") for name in RESIDENTIAL), "low", more=False), most=True),
    Claim("9", "Networks disregard how land use and income go together: the classes that they look "
          "at are not those that tell income.", "Abstract; Introduction; Discussion",
          Question("The 95 % interval of the rank correlation over urban classes of their mean "
                   "activation ratio and their share of tiles of observed low or high SES lies "
                   f"below {ALIKE:g}", unlike_the_land, MAPS)),
)
# fmt: on


def exhibit(
    h0: Sequence[pd.DataFrame],
    h1: Sequence[pd.DataFrame],
    probabilities: Sequence[pd.DataFrame],
    gains: Sequence[pd.DataFrame],
    summary: Sequence[pd.DataFrame],
    classes: Sequence[pd.DataFrame],
    comparisons: Sequence[pd.DataFrame],
    reliance: pd.DataFrame | None,
    *,
    names: Mapping[str, str],
    schemes: Sequence[str],
    places: Sequence[tuple[str, str]],
    networks: Mapping[str, Mapping[str, str]],
) -> Exhibit:
    """Judge every claim, as far as it depends on them, by scheme, method and measure.

    Parameters
    ----------
    h0, h1 : sequences of DataFrame
        `topology/h0-{scheme}.csv` and `topology/h1-{scheme}.csv` of every scheme.
    probabilities, gains : sequences of DataFrame
        `topology/{city}/probabilities.csv` and `gains.csv` of every city.
    summary, classes, comparisons : sequences of DataFrame
        Of `inference/{city}/{scheme}`, of every place.
    reliance : DataFrame, optional
        `topology/reliance.csv`, of the first scheme: what else is over-activated there supports
        nothing.
    """
    ratios = _beyond_both_nulls(by_scheme(h0, schemes, "H0"), reliance, schemes[0])
    pairs = by_scheme(h1, schemes, "H1")
    check_cities([*ratios["city"], *pairs["city"]], names)
    cities = [(city, NONE) for city in names]
    land = {
        "probabilities": stacked(probabilities, cities, "probabilities"),
        "gains": stacked(gains, cities, "gains"),
    }
    scored = {
        "summary": stacked(summary, places, "summary of scores"),
        "classes": stacked(classes, places, "scores of classes"),
        "comparisons": stacked(comparisons, places, "comparisons of models"),
    }
    studies = {
        (scheme, method, measure): Study(
            **{
                kind: table[(table["scheme"] == scheme) & (table["method"] == method)]
                for kind, table in (("h0", ratios), ("h1", pairs))
            },
            **land,
            **{kind: table[table["scheme"] == scheme] for kind, table in scored.items()},
            names=names,
            backbones={key: network["backbone"] for key, network in networks.items()},
            measure=measure,
        )
        for scheme, method, measure in product(
            dict.fromkeys(ratios["scheme"]),
            dict.fromkeys([main_method(ratios["method"]), *ratios["method"]]),
            (PLAIN, ADJUSTED),
        )
    }
    return Ledger.judged(CLAIMS, studies, by=("scheme", "method", "measure")).exhibit(
        caption="Claims of the aerial paper, held against the tables of this study.",
        notes=(
            "Claims in our own words. Those about cities that this study does not have are open. "
            "Claims on pairs of classes are judged on the paper's measure (Verdict) and on the "
            "one that takes out what area alone does (On adjusted c). Cases: how many support, "
            "contradict and leave open, those of all methods together.",
        ),
        columns={"measure": {PLAIN: "Verdict", ADJUSTED: "On adjusted c"}},
        schemes=SCHEMES,
    )


def _beyond_both_nulls(
    ratios: pd.DataFrame, reliance: pd.DataFrame | None, scheme: str
) -> pd.DataFrame:
    """Take over-activation that a network without labels has, too, as undecided."""
    if reliance is None:
        return ratios
    place = ["city", "method", "ses", "urban_class"]
    relied = ratios[place].merge(reliance[[*place, "relied_on"]], how="left", on=place)["relied_on"]
    alone = (relied.eq(False) & ratios["scheme"].eq(scheme)).to_numpy()
    over = ratios["decision"].eq("over-activated").to_numpy()
    return ratios.assign(decision=ratios["decision"].mask(alone & over, BY_H0_ALONE))
