# sources: verified raw files and where they came from.
#
# Another stage names a raw file by source_file(<source>, <file>) or source_files(<source>), see
# sources_paths.smk. Keys of providers come from the environment and are written nowhere.


wildcard_constraints:
    part="|".join(PARTS),
    state="(-missing)?",


rule preflight:
    input:
        registry=ancient(config["sources"]),
    log:
        "<logs>/sources/preflight.log",
    benchmark:
        "<benchmarks>/sources/preflight.tsv"
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=minutes(5),
    params:
        sources=STUDY_SOURCES,
        own_files=own_tables(PARTS),
        places=PLACES,
        results=f"results/{config['study']}",
        results_mb=sum(PART_MB.values()),
        notes=[note for notes in PART_NOTES.values() for note in notes],
    script:
        "../scripts/sources/preflight.py"


rule check_sources:
    input:
        registry=ancient(config["sources"]),
    output:
        report="<results>/sources/preflight-{part}{state}.txt",
    log:
        "<logs>/sources/check_sources/{part}{state}.log",
    benchmark:
        "<benchmarks>/sources/check_sources/{part}{state}.tsv"
    priority: 1000
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=minutes(5),
    params:
        code=code("sources/check_sources.py"),
        sources=lambda wildcards: PARTS[wildcards.part],
        own_files=lambda wildcards: own_tables([wildcards.part]),
        places=PLACES,
        results=lambda wildcards, output: str(Path(output.report).parents[1]),
        results_mb=lambda wildcards: PART_MB[wildcards.part],
        notes=lambda wildcards: PART_NOTES[wildcards.part],
    script:
        "../scripts/sources/check_sources.py"


rule fetch_source:
    input:
        checked=ancient(checked_parts_of),
        registry=ancient(config["sources"]),
        made=made_mirror_file,
    output:
        file="<results>/sources/{source}/{file}",
        record="<results>/sources/{source}/{file}.origin.json",
    log:
        "<logs>/sources/fetch_source/{source}/{file}.log",
    benchmark:
        "<benchmarks>/sources/fetch_source/{source}/{file}.tsv"
    wildcard_constraints:
        # forms and no lists, as for cities
        source="[a-z0-9_]+",
        file=r"[^/]+(?<!\.origin\.json)",
    priority: 100
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=minutes(120),
    params:
        # Not the digest of the code: the bytes are decided by the address and the checksum, and
        # an edit of the downloader is no reason to fetch everything again.
        wanted=wanted_file,
        places=PLACES,
    script:
        "../scripts/sources/fetch_source.py"


rule write_manifest:
    input:
        registry=config["sources"],
        records=[f"<results>/sources/{file.label}.origin.json" for file in STUDY_FILES],
    output:
        manifest="<results>/sources/manifest.csv",
    log:
        "<logs>/sources/write_manifest.log",
    benchmark:
        "<benchmarks>/sources/write_manifest.tsv"
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=minutes(5),
    params:
        code=code("sources/write_manifest.py"),
    script:
        "../scripts/sources/write_manifest.py"
