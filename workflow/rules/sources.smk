# sources: verified raw files and where they came from.
#
# Another stage names raw files by RAW. Keys of providers come from the environment and are written nowhere.


wildcard_constraints:
    part="|".join(RAW.parts),
    state="(-missing)?",


# What is missing, how the data of cities that lie here are read, and what the run will cost. Without
# a benchmark, which would be a result: asked again, it would have nothing to do.
rule preflight:
    input:
        registry=ancient(config["sources"]),
    log:
        "<logs>/sources/preflight.log",
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=minutes(5),
    params:
        **RAW.checks(*RAW.parts),
        results=f"results/{config['study']}",
        cities=looked_at(RAW),
        classes=str(config["land_use"]),
        cells=config["cells"],
        tiles={key: config["tiles"][key] for key in ("side_m", "max_void_share")},
        targets=config["targets"],
        snakefile=f"{HERE}/Snakefile",
        configured=CONFIGURED,
        config=config,
        costs=str(CHECKOUT / "config/costs"),
    script:
        "../scripts/sources/preflight.py"


# Of the aerial study alone, and of the district study with its prices and images.
use rule preflight as preflight_aerial with:
    log:
        "<logs>/sources/preflight_aerial.log",
    params:
        **RAW.checks("aerial"),
        targets=["aerial", "aerial_paper"],


use rule preflight as preflight_districts with:
    log:
        "<logs>/sources/preflight_districts.log",
    params:
        **RAW.checks("district", "siamese"),
        cities=[],
        targets=["districts", "ssig", "siamese", "shapley", "ssig_paper"],


# All that misses is told at once, before anything is fetched. A part that was checked is checked again
# where a person has to put something (then its stamp has another name), and not where its settings,
# registry or code change: Snakemake would make the stamp, see that jobs take it as ancient, and leave
# out all that depends on it, also what is missing. So nothing here is an input, parameters are
# functions of the output, whose changes Snakemake does not follow, and stamps are kept younger than
# the script.
RAW.keep_stamps(f"{HERE}/workflow/scripts/sources/check_sources.py")


use rule scripted as check_sources with:
    output:
        report="<results>/sources/preflight-{part}{state}.txt",
    pathvars:
        job="sources/check_sources/{part}{state}",
    priority: 1000
    localrule: True
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=minutes(5),
    params:
        script="sources/check_sources",
        registry=lambda wildcards, output: config["sources"],
        checks=lambda wildcards, output: RAW.checks(wildcards.part),
        results=lambda wildcards, output: str(Path(output.report).parents[1]),


use rule scripted as fetch_source with:
    input:
        checked=ancient(lambda wildcards: RAW.checked_for(wildcards.source)),
        registry=ancient(config["sources"]),
        made=lambda wildcards: RAW.made_mirror_file(wildcards.source, wildcards.file),
    output:
        file="<results>/sources/{source}/{file}",
        record="<results>/sources/{source}/{file}.origin.json",
    pathvars:
        job="sources/fetch_source/{source}/{file}",
    wildcard_constraints:
        # forms and no lists, as for cities
        source="[a-z0-9_]+",
        file=r"[^/]+(?<!\.origin\.json)",
    priority: 100
    localrule: True
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=minutes(120),
    params:
        script="sources/fetch_source",
        # Not the digest of the code: the bytes are decided by the address and the checksum, and
        # an edit of the downloader is no reason to fetch everything again.
        wanted=lambda wildcards: RAW.wanted(wildcards.source, wildcards.file),
        places=RAW.places,


use rule scripted as write_manifest with:
    input:
        registry=config["sources"],
        records=lambda wildcards: RAW.records(),
    output:
        manifest="<results>/sources/manifest.csv",
    pathvars:
        job="sources/write_manifest",
    localrule: True
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=minutes(5),
    params:
        **run_by("sources/write_manifest"),
