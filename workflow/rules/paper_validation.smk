# paper, study `validation`: tables and figures on what the maps can be trusted with.

# What each table is laid out from.
TRUST = {
    "networks": {
        "summary": "<results>/inference/network_summary.csv",
        "reliability": "<results>/inference/network_reliability.csv",
    },
    "methods": {
        "hits": "<results>/topology/planted_hits.csv",
        "decisions": "<results>/topology/planted_h0.csv",
        "stability": "<results>/topology/stability.csv",
    },
    "planted": {"hits": "<results>/topology/planted_hits.csv"},
    "decisions": {
        "decisions": "<results>/topology/planted_h0.csv",
        "pairs": "<results>/topology/planted_h1.csv",
    },
    "sanity": {"similarity": "<results>/attribution/similarity.csv"},
    "curves": {"areas": "<results>/attribution/curve_areas.csv"},
    "stability": {"stability": "<results>/topology/stability.csv"},
    "mirror": {"mirror": "<results>/attribution/mirror.csv"},
}
# What the findings are judged by: all of it but the bins of certainty.
TRUST_FINDINGS = {
    name: path
    for given in TRUST.values()
    for name, path in given.items()
    if name != "reliability"
}


wildcard_constraints:
    check="|".join(TRUST),


use rule exhibit as aerial_validation_table with:
    input:
        unpack(lambda wildcards: TRUST[wildcards.check]),
    output:
        **table("aerial/validation_{check}", "Checks, {check}", "aerial_validation"),
    pathvars:
        exhibit="aerial_validation_table/{check}",
    params:
        **made_by("validation.{check}"),


use rule exhibit as aerial_validation_findings with:
    input:
        **TRUST_FINDINGS,
    output:
        **table("aerial/validation_findings", "Findings", "aerial_validation"),
    pathvars:
        exhibit="aerial_validation_findings",
    params:
        **made_by("claims.validation"),


use rule exhibit as aerial_figure_planted with:
    input:
        ratios="<results>/topology/planted_ratios.csv",
        ranks="<results>/topology/planted_ranks.csv",
        hits="<results>/topology/planted_hits.csv",
    output:
        **figure(
            "aerial/validation_planted",
            "Planted classes",
            "aerial_figure_planted",
            numbers="aerial/validation_planted_ratios",
        ),
    pathvars:
        exhibit="aerial_figure_planted",
    params:
        **made_by("validation.figure_planted"),


use rule exhibit as aerial_figure_sanity with:
    input:
        similarity="<results>/attribution/similarity.csv",
        curves="<results>/attribution/mean_curves.csv",
    output:
        **figure(
            "aerial/validation_sanity",
            "Sanity checks",
            "aerial_figure_sanity",
            numbers="aerial/validation_mean_curves",
        ),
    pathvars:
        exhibit="aerial_figure_sanity",
    params:
        **made_by("validation.figure_sanity"),


# Empty in a study without synthetic cities, or where none is probed.
rule validation:
    input:
        [
            expand(
                "<results>/paper/aerial/validation_{check}.{ending}",
                check=[*TRUST, "findings"],
                ending=["csv", "json", "md", "tex"],
            ),
            rules.aerial_figure_planted.output,
            rules.aerial_figure_sanity.output,
        ]
        if WORLDS.probes
        else [],
    localrule: True
