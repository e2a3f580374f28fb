# paper, aerial study: what the network looked at, drawn and laid out from the tables of the stages
# attribution and topology. One job a city for each figure, one for all cities for each table.


use rule exhibit as aerial_figure_4 with:
    input:
        unpack(FILES.tiles),
        maps=expand(
            "<results>/attribution/{{city}}/{scheme}-maps.safetensors",
            scheme=STUDY.city_schemes[:1],
        ),
        cells="<results>/cells/{city}.parquet",
        land_use="<results>/cells/{city}-land_use.parquet",
    output:
        **figure("aerial/fig4_{city}", "Fig. 4, {city}", "aerial_figure_4"),
    pathvars:
        exhibit="aerial_figure_4/{city}",
    resources:
        mem_mb=memory(4000),
        runtime=minutes(10),
    params:
        **made_by("aerial.figure_4", name=city_name),


use rule exhibit as aerial_figure_5 with:
    input:
        h0=expand("<results>/topology/h0-{scheme}.csv", scheme=STUDY.city_schemes),
        probabilities="<results>/topology/{city}/probabilities.csv",
    output:
        **figure("aerial/fig5_{city}", "Fig. 5, {city}", "aerial_figure_5"),
        probabilities="<results>/paper/aerial/fig5_{city}_probabilities.csv",
    pathvars:
        exhibit="aerial_figure_5/{city}",
    params:
        **made_by("aerial.figure_5", name=city_name, schemes=STUDY.city_schemes),


use rule exhibit as aerial_figure_6 with:
    input:
        h1=expand("<results>/topology/h1-{scheme}.csv", scheme=STUDY.city_schemes),
        gains="<results>/topology/{city}/gains.csv",
        reference=REFERENCE,
    output:
        **figure("aerial/fig6_{city}", "Fig. 6, {city}", "aerial_figure_6"),
    pathvars:
        exhibit="aerial_figure_6/{city}",
    params:
        **made_by("aerial.figure_6", name=city_name, schemes=STUDY.city_schemes),


use rule exhibit as aerial_h0 with:
    input:
        h0=expand("<results>/topology/h0-{scheme}.csv", scheme=STUDY.city_schemes),
    output:
        **table("aerial/h0", "H0", "aerial_h0"),
    pathvars:
        exhibit="aerial_h0",
    params:
        **made_by("aerial.h0", names=STUDY.city_names, schemes=STUDY.city_schemes),


use rule exhibit as aerial_reliance with:
    input:
        reliance=rules.judge_reliance.output.reliance,
    output:
        **table("aerial/reliance", "Land that the network relies on", "aerial_reliance"),
    pathvars:
        exhibit="aerial_reliance",
    params:
        **made_by("aerial.reliance", names=STUDY.city_names, schemes=STUDY.city_schemes),


use rule exhibit as aerial_h1 with:
    input:
        h1=expand("<results>/topology/h1-{scheme}.csv", scheme=STUDY.city_schemes),
        reference=REFERENCE,
    output:
        **table("aerial/h1", "H1", "aerial_h1"),
    pathvars:
        exhibit="aerial_h1",
    params:
        **made_by("aerial.h1", names=STUDY.city_names, schemes=STUDY.city_schemes),


use rule exhibit as aerial_points with:
    input:
        points=expand(
            "<results>/topology/points-{scheme}.csv", scheme=STUDY.city_schemes
        ),
    output:
        **table("aerial/points", "Annotated points", "aerial_points"),
    pathvars:
        exhibit="aerial_points",
    params:
        **made_by(
            "aerial.points",
            names=STUDY.city_names,
            schemes=STUDY.city_schemes,
            radii=STUDY.point_radii,
        ),


use rule exhibit as aerial_topology_values with:
    input:
        h1=expand("<results>/topology/h1-{scheme}.csv", scheme=STUDY.city_schemes),
        gains=expand("<results>/topology/{city}/gains.csv", city=STUDY.cities),
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
        **made_by(
            "aerial.topology_values",
            names=STUDY.city_names,
            schemes=STUDY.city_schemes,
        ),


use rule exhibit as aerial_claims with:
    input:
        h0=expand("<results>/topology/h0-{scheme}.csv", scheme=STUDY.city_schemes),
        h1=expand("<results>/topology/h1-{scheme}.csv", scheme=STUDY.city_schemes),
        probabilities=expand(
            "<results>/topology/{city}/probabilities.csv", city=STUDY.cities
        ),
        gains=expand("<results>/topology/{city}/gains.csv", city=STUDY.cities),
        summary=FILES.inferred("summary.csv"),
        classes=FILES.inferred("classes.csv"),
        comparisons=FILES.inferred("comparisons.csv"),
        reliance=rules.judge_reliance.output.reliance if STUDY.judges_reliance else [],
    output:
        **table("aerial/claims", "Claims ledger", "aerial_claims"),
        cases="<results>/paper/aerial/claims_cases.csv",
    pathvars:
        exhibit="aerial_claims",
    params:
        **made_by(
            "claims.aerial",
            names=STUDY.city_names,
            schemes=STUDY.city_schemes,
            places=STUDY.city_places,
            networks=config["inference"]["networks"],
        ),


# The paper shows Paris in its Figs. 5 and 6 and the other cities in supplements; Fig. 4 is one tile.
rule aerial_topology_paper:
    input:
        [
            rules.aerial_h0.output,
            rules.aerial_h1.output,
            rules.aerial_points.output if STUDY.point_radii else [],
            rules.aerial_reliance.output if STUDY.judges_reliance else [],
            rules.aerial_topology_values.output,
            rules.aerial_claims.output,
            FILES.drawn("fig4", STUDY.first_city),
            FILES.drawn("fig5"),
            FILES.drawn("fig6"),
        ]
        if STUDY.cities and STUDY.city_schemes
        else [],
    localrule: True
