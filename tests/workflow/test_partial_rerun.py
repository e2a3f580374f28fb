"""Only what has to run again runs again."""

import pytest
import yaml

pytestmark = pytest.mark.workflow

# What tells of the whole study, its settings among it, follows every change.
WHOLE = {"all", "study", "write_provenance", "write_report"}


def test_a_figure_that_was_deleted_is_one_job(tiny, finished):
    figure = "results/tiny/paper/ssig/fig1.png"
    (finished.folder / figure).unlink()
    assert finished.jobs_to_run("ssig_figure_1") == ["ssig_figure_1"]
    done = finished.snakemake("ssig_figure_1", "--cores", "1")
    assert "1 of 1 steps (100%) done" in done.stdout + done.stderr
    assert (finished.folder / figure).read_bytes() == (tiny.folder / figure).read_bytes()


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (
            ("ssig", "resamples", 110),
            {
                "score_models",
                "measure_decisions",
                "ssig_decisions",
                "ssig_table_3",
                "ssig_table_4",
                "ssig_models_table",
                "ssig_figure_validation",
                "ssig_claims",
            },
        ),
        (
            ("topology", "resamples", 110),
            {
                "measure_activation",
                "measure_network_activation",
                "measure_occlusion",
                "measure_appearance",
                "judge_hypotheses",
                "judge_reliance",
                "aerial_reliance",
                "aerial_figure_5",
                "aerial_figure_6",
                "aerial_h0",
                "aerial_h1",
                "aerial_topology_values",
                "aerial_claims",
            },
        ),
        (("figures", "colours", "paper"), {"ssig_figure_3"}),
    ],
)
def test_a_setting_reruns_what_depends_on_it_and_nothing_else(tiny, setting, expected):
    section, key, value = setting
    study = yaml.safe_load((tiny.folder / "config/tiny.yaml").read_text())
    study[section] = {**study.get(section, {}), key: value}
    # Keys in their order: another order is another setting to Snakemake.
    text = yaml.safe_dump(study, sort_keys=False)
    (tiny.folder / f"config/{section}.yaml").write_text(text)
    assert tiny.rules_to_run(study=section) - WHOLE == expected


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("ssig/table_2.py", {"ssig_table_2"}),
        ("aerial/figure_2.py", {"aerial_figure_2"}),
        ("ssig/income_map.py", {"plot_income_map", "ssig_figure_3"}),  # its panel of income
        ("draw/dots.py", {"ssig_figure_validation", "ssig_modality_ablation"}),
    ],
)
def test_an_edit_reruns_exactly_the_exhibits_that_use_the_module(finished, module, expected):
    path = finished.folder / "src/incomelens/paper" / module
    path.write_text(path.read_text() + "\nEDITED = True\n")
    assert finished.rules_to_run() - WHOLE == expected


def test_a_copied_script_of_the_check_of_sources_hides_no_edit(finished):
    (finished.folder / "workflow/scripts/sources/check_sources.py").touch()
    path = finished.folder / "src/incomelens/paper/aerial/figure_2.py"
    path.write_text(path.read_text() + "\nEDITED = True\n")
    assert finished.rules_to_run() - WHOLE == {"aerial_figure_2"}
