# IncomeLens: maps income inside cities and explains the maps.
#
#   snakemake --cores all                                     the full rebuild (study `paper`)
#   snakemake --cores all --configfile config/demo.yaml       a small run, embedded data
#   snakemake --cores 1 ssig_table_3                          one table and what it needs
#   snakemake --list-target-rules                             every named target
#
# The work flows through stages, one file of rules each, always downwards in this list.

import os
from copy import deepcopy
from pathlib import Path

from snakemake.utils import min_version, validate

from incomelens.common.configuration import check_texts
from incomelens.common.yaml_files import read_yaml
from incomelens.sources.fetching.own_paths import with_own_paths
from incomelens.study import with_dates

min_version("9.27")


# Results lie where Snakemake runs; what belongs to the workflow lies beside this file, be it run from
# here (then this is "."), from elsewhere, or as a module of another workflow.
HERE = workflow.current_basedir.get_path_or_uri(secret_free=True)
CHECKOUT = Path(os.path.relpath(HERE))


configfile: str(CHECKOUT / "config/config.yaml")


SCHEMA = f"{HERE}/workflow/schemas/config.schema.yaml"
check_texts(config, read_yaml(SCHEMA))
validate(config, SCHEMA)
# As it was told, for whoever has to ask Snakemake again what it would run.
CONFIGURED = deepcopy(config)
config.update(with_own_paths(config, checkout=CHECKOUT))
config["city"] = with_dates(config["city"])


report: "workflow/report/workflow.rst"


# For `--sdm apptainer`, of every rule: `make container` builds it from the lock.
container: str(CHECKOUT / "incomelens.sif")


pathvars:
    results=f"results/{config['study']}",
    logs=f"results/{config['study']}/logs",
    benchmarks=f"results/{config['study']}/benchmarks",


include: "workflow/rules/common.smk"
include: "workflow/rules/base.smk"
include: "workflow/rules/demo.smk"
include: "workflow/rules/sources.smk"
include: "workflow/rules/cells.smk"
include: "workflow/rules/tiles.smk"
include: "workflow/rules/districts.smk"
include: "workflow/rules/folds.smk"
include: "workflow/rules/inference.smk"
include: "workflow/rules/attribution.smk"
include: "workflow/rules/topology.smk"
include: "workflow/rules/ssig.smk"
include: "workflow/rules/siamese.smk"
include: "workflow/rules/shapley.smk"
include: "workflow/rules/paper_aerial.smk"
include: "workflow/rules/paper_inference.smk"
include: "workflow/rules/paper_topology.smk"
include: "workflow/rules/paper_validation.smk"
include: "workflow/rules/paper_ssig.smk"
include: "workflow/rules/paper_shapley.smk"
include: "workflow/rules/targets.smk"


# Everything that the study computes: all but the page that tells of it.
rule study:
    input:
        rules.write_manifest.output,
        rules.aerial_paper.input,
        rules.aerial.input,
        rules.districts.input,
        rules.ssig.input,
        rules.siamese_inputs.input,
        rules.siamese.input,
        rules.shapley.input,
        rules.ssig_paper.input,
    localrule: True


include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        rules.study.input,
        rules.write_provenance.output,
        rules.write_report.output,
    localrule: True
