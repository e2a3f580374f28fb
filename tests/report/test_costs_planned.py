"""Planned jobs: as a dry run of Snakemake tells them, held against its own table."""

import re
from pathlib import Path

import pytest
import yaml

from incomelens.common.errors import InputError
from incomelens.report.costs.counts import CELLS_OF_A_CITY, Counts, counts_of
from incomelens.report.costs.planned import Job, planned_jobs, read_plan
from incomelens.report.costs.sizes import GROWING, SAME, size_of

ROOT = Path(__file__).resolve().parents[2]
SAID = """\
Building DAG of jobs...
Job stats:
job              count
-------------  -------
all                  1
build_cells          1
train_network        1
total                3

[Mon Nov 30 07:52:55 2026]
rule build_cells:
    input: results/a/sources/b.zip
    output: results/a/cells/lyon.parquet, results/a/cells/lyon-left_out.csv
    log: results/a/logs/cells/build_cells/lyon.log
    jobid: 9
    benchmark: results/a/benchmarks/cells/build_cells/lyon.tsv
    reason: Missing output files
    wildcards: city=lyon
    resources: tmpdir=/tmp, runtime=60, mem_mb=2000
[Mon Nov 30 07:52:55 2026]
rule train_network:
    output: results/a/inference/lyon/random/main/0/weights.safetensors
    jobid: 3
    benchmark: results/a/benchmarks/inference/train_network/lyon-random-main-0.tsv
    wildcards: city=lyon, scheme=random, network=main, fold=0
    resources: tmpdir=/tmp, runtime=720, gpu=1
[Mon Nov 30 07:52:55 2026]
localrule all:
    input: results/a/cells/lyon.parquet
    jobid: 0
    resources: tmpdir=/tmp

Job stats:
job              count
-------------  -------
all                  1
build_cells          1
train_network        1
total                3

This was a dry-run (flag -n).
"""


@pytest.fixture(scope="module")
def config():
    told = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    return told | {"cities": ["lyon"], "districts": told["districts"] | {"levels": ["tract"]}}


def test_a_job_is_told_with_what_it_is_of_what_it_makes_and_whether_it_wants_a_gpu():
    cells, network = read_plan(SAID)
    assert (cells.stage, cells.rule) == ("cells", "build_cells")
    assert cells.benchmark == "cells/build_cells/lyon.tsv"
    assert cells.outputs == ["results/a/cells/lyon.parquet", "results/a/cells/lyon-left_out.csv"]
    assert network.wildcards == {
        "city": "lyon",
        "scheme": "random",
        "network": "main",
        "fold": "0",
    }
    assert (cells.gpu, network.gpu) == (False, True)


def test_nothing_to_do_is_no_job():
    assert read_plan("Building DAG of jobs...\nNothing to be done.\n") == []


def test_words_in_another_form_are_refused_and_not_counted_as_few_jobs():
    with pytest.raises(InputError, match="its table counts 3 jobs, its lines tell 2"):
        read_plan(SAID.replace("rule build_cells:", "Rule build_cells:"))


def test_what_cannot_be_planned_is_told_with_what_snakemake_says(tmp_path):
    snakefile = tmp_path / "Snakefile"
    snakefile.write_text("rule all:\n    input: 'nowhere.csv'\n")
    with pytest.raises(InputError, match=r"all cannot be planned .*nowhere\.csv"):
        planned_jobs(["all"], snakefile=snakefile, config={}, everything=True)


def test_what_costs_grow_with_is_said_of_rules_that_there_are():
    files = (ROOT / "workflow/rules").glob("*.smk")
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    names = set(re.findall(r"^rule (\w+):|^use rule \w+ as (\w+) with:", text, re.MULTILINE))
    assert {*GROWING, *SAME} <= {name for pair in names for name in pair}


@pytest.mark.parametrize("rule", sorted(GROWING))
def test_every_size_can_be_told_of_the_study_paper(config, rule):
    job = Job("any", rule, "x.tsv", {"city": "lyon", "level": "tract", "mode": "ard"})
    size = size_of(job, config, Counts({"lyon": 100}, {"tract": 50}, ()))
    assert all(size.product(cost) >= 0 for cost in ("processor", "memory", "disk"))


def test_beyond_what_is_fitted_exactly_costs_grow_with_the_districts_alone(config):
    job = Job("ssig", "fit_gp", "x.tsv", {"level": "tract", "mode": "ard"})
    approximation = config["ssig"]["approximation"]
    most = approximation["exact_districts"]
    exact, small, large = (
        size_of(job, config, Counts({}, {"tract": n}, ())) for n in (most, most + 1, 4 * most + 4)
    )
    starts = config["ssig"]["starts"]
    assert exact.product("processor") == starts * most**3
    assert small.product("processor") == starts * approximation["learnt_on"] ** 3
    assert large.product("processor") == small.product("processor")
    assert large.product("memory") == 4 * small.product("memory")


def test_networks_of_one_architecture_cost_the_same_whoever_trained_them(config):
    settings = config["inference"] | {"networks": {"main": {"backbone": "tf_efficientnet_b0.in1k"}}}
    other = config | {"inference": settings}
    job = Job("attribution", "attribute_network", "x.tsv", {"city": "lyon", "network": "shuffled"})
    counts = Counts({"lyon": 100}, {}, ())
    assert {size_of(job, one, counts).kind for one in (config, other)} == {
        "efficientnet_b0, gradcam, gradient, guided"
    }
    assert size_of(job, config, counts).family == "attribute_cells"
    assert size_of(job, config, counts).product("processor") == 100 * 800**2 * 8


def test_what_is_not_known_before_a_run_is_assumed_and_told(config, tmp_path):
    counts = counts_of(config, tmp_path)
    assert counts.cells == {"lyon": CELLS_OF_A_CITY}
    assert counts.assumed == ("15,000 cells of lyon", "2,117 districts of tract")
    assert counts_of(config, tmp_path, looked={"lyon": 7}).cells == {"lyon": 7}


def test_tracts_of_whole_states_are_assumed_by_their_number(config, tmp_path):
    tract = config["districts"]["tract"] | {"areas": {"01": "Alabama", "02": "Alaska"}}
    of_states = config | {"districts": config["districts"] | {"tract": tract}}
    assert "2,864 districts of tract" in counts_of(of_states, tmp_path).assumed
    counties = tract | {"areas": {"36005": "Bronx"}}
    of_counties = config | {"districts": config["districts"] | {"tract": counties}}
    assert "2,117 districts of tract" in counts_of(of_counties, tmp_path).assumed


def test_a_synthetic_world_and_a_table_of_ones_own_are_counted(config, tmp_path):
    made = config | {
        "study": "tiny",
        "mirror": "results/tiny/demo/mirror",
        "demo": config["demo"]
        | {"n_tracts": 80, "cities": {"lyon": {"cells_wide": 8, "cells_high": 7}}},
    }
    assert counts_of(made, tmp_path) == Counts({"lyon": 56}, {"tract": 80}, ())
    (tmp_path / "own.csv").write_text("geoid,income\n1,2\n3,4\n")
    own = {"levels": ["tract"], "tract": {"adapter": "table", "table": "own.csv"}}
    counts = counts_of(config | {"data_dir": str(tmp_path), "districts": own}, tmp_path)
    assert counts.districts == {"tract": 2}
