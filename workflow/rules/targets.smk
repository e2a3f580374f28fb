# Named targets: the whole, and its parts.


localrules:
    all,
    ssig,


rule all:
    default_target: True
    input:
        rules.ssig.input,


rule ssig:
    input:
        "<results>/ssig/summary.csv",
