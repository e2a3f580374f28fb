# paper, aerial study: what the network looked at, drawn and laid out from the tables of the stages
# attribution and topology. One job a city for each figure, one for all cities for each table.


use rule exhibit as aerial_figure_4 with:
    input:
        unpack(lambda wildcards: tiles_of(wildcards.city)),
        maps=expand(
            "<results>/attribution/{{city}}/{scheme}-maps.safetensors",
            scheme=CITY_SCHEMES[:1],
        ),
        land_use="<results>/cells/{city}-land_use.parquet",
    output:
        **figure("aerial/fig4_{city}", "Fig. 4, {city}", "aerial_figure_4"),
    pathvars:
        exhibit="aerial_figure_4/{city}",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(10),
    params:
        **made_by("aerial.figure_4", name=name_of_city),


use rule exhibit as aerial_figure_5 with:
    input:
        h0=expand("<results>/topology/h0-{scheme}.csv", scheme=CITY_SCHEMES),
        probabilities="<results>/topology/{city}/probabilities.csv",
    output:
        **figure("aerial/fig5_{city}", "Fig. 5, {city}", "aerial_figure_5"),
        probabilities="<results>/paper/aerial/fig5_{city}_probabilities.csv",
    pathvars:
        exhibit="aerial_figure_5/{city}",
    params:
        **made_by("aerial.figure_5", name=name_of_city, schemes=CITY_SCHEMES),


use rule exhibit as aerial_figure_6 with:
    input:
        h1=expand("<results>/topology/h1-{scheme}.csv", scheme=CITY_SCHEMES),
        gains="<results>/topology/{city}/gains.csv",
        reference=REFERENCE,
    output:
        **figure("aerial/fig6_{city}", "Fig. 6, {city}", "aerial_figure_6"),
    pathvars:
        exhibit="aerial_figure_6/{city}",
    params:
        **made_by("aerial.figure_6", name=name_of_city, schemes=CITY_SCHEMES),


use rule exhibit as aerial_h0 with:
    input:
        h0=expand("<results>/topology/h0-{scheme}.csv", scheme=CITY_SCHEMES),
    output:
        **table("aerial/h0", "H0", "aerial_h0"),
    pathvars:
        exhibit="aerial_h0",
    params:
        **made_by("aerial.h0", names=CITY_NAMES, schemes=CITY_SCHEMES),


use rule exhibit as aerial_h1 with:
    input:
        h1=expand("<results>/topology/h1-{scheme}.csv", scheme=CITY_SCHEMES),
        reference=REFERENCE,
    output:
        **table("aerial/h1", "H1", "aerial_h1"),
    pathvars:
        exhibit="aerial_h1",
    params:
        **made_by("aerial.h1", names=CITY_NAMES, schemes=CITY_SCHEMES),


use rule exhibit as aerial_topology_values with:
    input:
        h1=expand("<results>/topology/h1-{scheme}.csv", scheme=CITY_SCHEMES),
        gains=expand("<results>/topology/{city}/gains.csv", city=CITIES),
        reference=REFERENCE,
    output:
        **table(
            "aerial/topology_values",
            "Values of Fig. 6 beside the preprint",
            "aerial_topology_values",
        ),
    pathvars:
        exhibit="aerial_topology_values",
    params:
        **made_by("aerial.topology_values", names=CITY_NAMES, schemes=CITY_SCHEMES),


use rule exhibit as aerial_claims with:
    input:
        h0=expand("<results>/topology/h0-{scheme}.csv", scheme=CITY_SCHEMES),
        h1=expand("<results>/topology/h1-{scheme}.csv", scheme=CITY_SCHEMES),
        probabilities=expand("<results>/topology/{city}/probabilities.csv", city=CITIES),
        gains=expand("<results>/topology/{city}/gains.csv", city=CITIES),
        summary=inferred("summary.csv"),
        classes=inferred("classes.csv"),
        comparisons=inferred("comparisons.csv"),
    output:
        **table("aerial/claims", "Claims ledger", "aerial_claims"),
        cases="<results>/paper/aerial/claims_cases.csv",
    pathvars:
        exhibit="aerial_claims",
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        **made_by(
            "claims.aerial",
            names=CITY_NAMES,
            schemes=CITY_SCHEMES,
            places=CITY_PLACES,
            networks=config["inference"]["networks"],
        ),


# The paper shows Paris in its Figs. 5 and 6 and the other cities in supplements; Fig. 4 is one tile.
rule aerial_topology_paper:
    input:
        [
            rules.aerial_h0.output,
            rules.aerial_h1.output,
            rules.aerial_topology_values.output,
            rules.aerial_claims.output,
            city_figures("fig4", [FIRST_CITY]),
            city_figures("fig5"),
            city_figures("fig6"),
        ]
        if CITIES and CITY_SCHEMES
        else [],
    localrule: True
