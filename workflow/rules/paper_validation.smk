# paper, study `validation`: tables and figures on what the maps can be trusted with.

# What each table is laid out from.
TRUST = {
    "networks": {
        "summary": "<results>/inference/network_summary.csv",
        "reliability": "<results>/inference/network_reliability.csv",
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


rule aerial_validation_table:
    input:
        unpack(lambda wildcards: TRUST[wildcards.check]),
    output:
        csv=report(
            "<results>/paper/aerial/validation_{check}.csv",
            caption="../report/aerial_validation.rst",
            category="Validation",
            subcategory="Tables",
            labels={"table": "{check}"},
        ),
        md="<results>/paper/aerial/validation_{check}.md",
        tex="<results>/paper/aerial/validation_{check}.tex",
    log:
        "<logs>/paper/aerial_validation_table/{check}.log",
    benchmark:
        "<benchmarks>/paper/aerial_validation_table/{check}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        code=code("paper/aerial_validation_table.py"),
    script:
        "../scripts/paper/aerial_validation_table.py"


use rule exhibit as aerial_validation_findings with:
    input:
        **TRUST_FINDINGS,
    output:
        **table(
            "aerial/validation_findings", "findings", "aerial_validation", "Validation"
        ),
    pathvars:
        exhibit="aerial_validation_findings",
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        **made_by("claims.validation"),


rule aerial_figure_planted:
    input:
        ratios="<results>/topology/planted_ratios.csv",
        ranks="<results>/topology/planted_ranks.csv",
        hits="<results>/topology/planted_hits.csv",
    output:
        pdf="<results>/paper/aerial/validation_planted.pdf",
        png=report(
            "<results>/paper/aerial/validation_planted.png",
            caption="../report/aerial_figure_planted.rst",
            category="Validation",
            subcategory="Figures",
            labels={"figure": "Planted classes"},
        ),
        table="<results>/paper/aerial/validation_planted_ratios.csv",
    log:
        "<logs>/paper/aerial_figure_planted.log",
    benchmark:
        "<benchmarks>/paper/aerial_figure_planted.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        code=code("paper/aerial_figure_planted.py"),
    script:
        "../scripts/paper/aerial_figure_planted.py"


rule aerial_figure_sanity:
    input:
        similarity="<results>/attribution/similarity.csv",
        curves="<results>/attribution/mean_curves.csv",
    output:
        pdf="<results>/paper/aerial/validation_sanity.pdf",
        png=report(
            "<results>/paper/aerial/validation_sanity.png",
            caption="../report/aerial_figure_sanity.rst",
            category="Validation",
            subcategory="Figures",
            labels={"figure": "Sanity checks"},
        ),
        curves="<results>/paper/aerial/validation_mean_curves.csv",
    log:
        "<logs>/paper/aerial_figure_sanity.log",
    benchmark:
        "<benchmarks>/paper/aerial_figure_sanity.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        code=code("paper/aerial_figure_sanity.py"),
    script:
        "../scripts/paper/aerial_figure_sanity.py"


# Empty in a study without synthetic cities, or where none is probed.
rule validation:
    input:
        [
            expand(
                "<results>/paper/aerial/validation_{check}.{ending}",
                check=[*TRUST, "findings"],
                ending=["csv", "md", "tex"],
            ),
            rules.aerial_figure_planted.output,
            rules.aerial_figure_sanity.output,
        ]
        if PROBES
        else [],
    localrule: True
