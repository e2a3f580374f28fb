# paper: what the rules of all tables and figures inherit. Each says its inputs and settings, which
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
        exhibit="none",
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
