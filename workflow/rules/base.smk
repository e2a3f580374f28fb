# What rules inherit, so that each says only what is its own: inputs, outputs, settings, what it asks
# of a machine, and the name of its log and benchmark. The script is among the parameters, since an
# inherited rule cannot have another. What is inherited from makes no file itself: no name matches.
#
#   use rule scripted as fit_gp with:
#       input: districts=...
#       output: ...
#       pathvars: job="ssig/fit_gp/{level}-{income}-{mode}"
#       params: **run_by("ssig/fit_gp"), starts=...


rule scripted:
    output:
        "<results>/<job>.never",
    log:
        "<logs>/<job>.log",
    benchmark:
        "<benchmarks>/<job>.tsv"
    pathvars:
        job="{none,(?!)}",
    conda:
        "../../envs/environment.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(2000),
        runtime=minutes(20),
    params:
        script="none",
    script:
        "../scripts/{params.script}.py"


# What the rules of all tables and figures inherit. Each says its inputs and settings, which
# are the parameters of its module's function, its outputs, and the name of its log:
#
#   use rule exhibit as ssig_table_1 with:
#       input: inequality=...
#       output: **table("ssig/table1", "Table 1", "ssig_table_1")
#       pathvars: exhibit="ssig_table_1"
#       params: **made_by("ssig.table_1")


rule exhibit:
    output:
        "<results>/paper/<exhibit>.never",
    log:
        "<logs>/paper/<exhibit>.log",
    benchmark:
        "<benchmarks>/paper/<exhibit>.tsv"
    pathvars:
        exhibit="{none,(?!)}",
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        module="none",
        code="",
        told=lambda wildcards, output: told_of(wildcards, output),
    script:
        "../scripts/paper/exhibit.py"
