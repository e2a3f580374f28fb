"""Where results lie that another stage reads."""

import pytest

from incomelens.common.errors import InputError
from incomelens.study import Results, Worlds

PLACE = "<results>/inference/paris/block/softmax"


@pytest.fixture(scope="module")
def results(study):
    """Results of a study, as `study`."""
    return lambda *words, **changes: Results(study(*words, **changes))


def test_a_city_has_as_many_shards_as_the_configuration_says(results):
    files = results(city={"paris": {"shards": 2}, "lyon": {"shards": 1}})
    paris = ["<results>/tiles/paris/0.zarr", "<results>/tiles/paris/1.zarr"]
    assert files.tiles({"city": "paris"}) == {
        "index": "<results>/tiles/paris/index.parquet",
        "shards": paris,
    }
    assert files.shards("paris", "lyon") == [*paris, "<results>/tiles/lyon/0.zarr"]
    assert files.shards() == []


def test_predicting_needs_weights_and_settings_of_every_fold(results):
    files = results(folds={"cities": {"n_folds": 2}})
    job = {"city": "paris", "scheme": "block", "network": "softmax"}
    assert files.models(job) == {
        "weights": [f"{PLACE}/0/weights.safetensors", f"{PLACE}/1/weights.safetensors"],
        "settings": [f"{PLACE}/0/model.json", f"{PLACE}/1/model.json"],
    }


def test_heads_of_one_frozen_backbone_share_what_it_sees(results):
    job = {"city": "paris", "scheme": "block", "network": "shuffled"}
    networks = {
        "main": {"weights": "lite0_package"},
        "softmax": {"weights": "lite0_package", "pool": "average"},
        "random": {
            "backbone": "resnet18",
            "head": "binomial",
            "pool": "average",
            "weights": "none",
        },
    }
    frozen = results(inference={"networks": networks, "training": {"frozen": True}})
    place = "<results>/inference/paris/frozen_views"
    assert frozen.views(job) == {"views": f"{place}-main.safetensors"}
    assert frozen.views(job | {"network": "softmax"}) == {"views": f"{place}-softmax.safetensors"}
    assert frozen.views(job | {"network": "random"}) == {}
    assert results().views(job) == {}


def test_models_tried_elsewhere_are_the_main_ones_of_one_scheme(results):
    files = results(inference={"transfer_scheme": "block"})
    (first, *_) = files.models({"city": "paris"})["weights"]
    assert first == "<results>/inference/paris/block/main/0/weights.safetensors"


def test_models_of_several_networks_come_one_network_after_the_other(results):
    files = results(folds={"cities": {"n_folds": 2}})
    models = files.models({"city": "paris", "scheme": "block"}, ["main", "softmax"])["settings"]
    assert [path.split("/")[-3:-1] for path in models] == [
        ["main", "0"], ["main", "1"], ["softmax", "0"], ["softmax", "1"],
    ]  # fmt: skip


@pytest.mark.parametrize(("choice", "n"), [("out_of_fold", 0), ("best_fold", 5)])
def test_histories_are_read_where_the_best_fold_is_chosen(results, choice, n):
    files = results(attribution={"model_choice": choice}, folds={"cities": {"n_folds": 5}})
    histories = files.histories({"city": "paris", "scheme": "block", "network": "softmax"})
    assert histories == [f"{PLACE}/{fold}/history.csv" for fold in range(n)]


def test_tables_and_figures_are_those_of_all_cities_or_of_some(results):
    files = results(cities=["paris", "nice"], folds={"cities": {"schemes": ["random", "block"]}})
    assert files.inferred("summary.csv", "random") == [
        "<results>/inference/paris/random/summary.csv",
        "<results>/inference/nice/random/summary.csv",
    ]
    assert len(files.inferred("summary.csv")) == 4
    assert files.drawn("fig4", "nice") == [
        "<results>/paper/aerial/fig4_nice.pdf",
        "<results>/paper/aerial/fig4_nice.png",
        "<results>/paper/aerial/fig4_nice.json",
    ]
    assert len(files.drawn("fig5")) == 2 * 3


def test_one_path_a_mode_keeps_what_the_rule_fills_in(results):
    files = results(shapley={"modes": ["literal", "optimised"]})
    assert files.of_modes("{level}-{mode}") == ["{level}-literal", "{level}-optimised"]
    every = files.of_explained("{level}-{income}-{mode}")
    assert every[:2] == ["tract-per_capita_income-literal", "tract-per_capita_income-optimised"]
    assert len(every) == 8


def test_cities_that_models_are_tried_on_have_a_path_each_under_one_scheme(results):
    files = results(inference={"transfer_cities": ["nice"], "transfer_scheme": "block"})
    assert files.of_transfer("{city}-{scheme}") == ["nice-block"]


def test_every_predicted_task_has_a_path_of_each_pattern(results):
    files = results(folds={"schemes": ["random"]}, districts={"levels": ["zip"]})
    paths = files.of_predicted("{level}-{income}-{scheme}-a", "{level}-b")
    assert paths[:2] == ["zip-per_capita_income-random-a", "zip-b"]
    assert len(paths) == 4


def test_a_figure_of_shapley_values_reads_its_task(results):
    files = results(figures={"shapley_mode": "optimised"})
    inputs = files.of_figure(5)
    assert inputs["districts"] == ["<results>/districts/zip.parquet"]
    assert inputs["shap"] == ["<results>/shapley/zip-median_household_income-optimised.parquet"]
    assert files.figure_settings(5)["level"] == "zip"


def test_a_figure_whose_task_the_study_lacks_reads_none(results):
    files = results(districts={"levels": ["zip"]})
    assert files.of_figure(2)["shap"] == files.of_figure(2)["districts"] == []
    assert files.figure_settings(2)["level"] == "tract"
    assert files.figure_settings(9)["level"] == "none"


def test_baselines_read_the_modalities_that_there_are(results):
    none = results(siamese=dict.fromkeys(("prices", "satellite", "street_view")))
    assert none.of_baselines("scores.csv") == none.baseline_inputs() == []
    assert not any(none.seen_of_districts().values())
    nyc = results("nyc")
    assert nyc.of_baselines("scores.csv") == ["<results>/siamese/scores.csv"]
    assert nyc.baseline_inputs() == [
        "<results>/siamese/prices-tract.parquet",
        "<results>/siamese/prices-zip.parquet",
    ]
    assert nyc.seen_of_districts()["prices"] == ["<results>/siamese/prices-{level}.parquet"]


@pytest.mark.parametrize("epochs", [0, 3])
def test_images_themselves_are_read_only_where_a_backbone_learns(results, epochs):
    files = results("tiny", siamese={"fine_tuning": {"epochs": epochs}})
    seen = files.seen_of_districts()
    assert len(seen["embeddings"]) == 2
    assert seen["images"] == [
        "<results>/siamese/images-satellite-{level}.zarr",
        "<results>/siamese/images-street_view-{level}.zarr",
    ] * (epochs > 0)
    assert len(files.baseline_inputs()) == 1 + 2 * 2  # one level: prices, images and their counts


def test_settings_of_inputs_are_none_of_the_models(results):
    settings = results().baseline_settings()
    assert "training" in settings
    assert not {"prices", "satellite", "street_view", "resamples"} & set(settings)


# --- The study `validation`


def test_worlds_are_those_to_choose_on_and_others_that_judge(study):
    worlds = Worlds(study("validation"))
    told = {row["city"]: row for row in worlds.table}
    assert list(told) == worlds.cities
    assert told["green_01"] == {
        "city": "green_01", "name": "Green01", "role": "tune",
        "style": "infrastructure_green", "coast": "none",
    }  # fmt: skip
    judges = [row for row in told.values() if row["role"] == "judge"]
    assert len(judges) == 16
    assert sum(row["coast"] == "south" for row in judges) == 6
    assert sum(row["style"] == "none" for row in judges) == 2
    assert {told[city]["role"] for city in worlds.probes} == {"judge"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tune": ["nice"]}, r"validation: nice is asked for, but no synthetic city of this study"),
        ({"judge": ["green_01"]}, r"validation\.judge: green_01 also stands in validation\.tune"),
        ({"probes": ["green_09"]}, r"validation\.probes: green_09 is neither in"),
    ],
)
def test_cities_without_a_role_of_their_own_are_named(study, changes, message):
    with pytest.raises(InputError, match=message):
        Worlds(study("validation", validation=changes | {"probes": changes.get("probes", [])}))


def test_worlds_that_are_not_probed_have_few_networks(study):
    worlds = Worlds(study("validation"))
    of = {city: [net for one, net in worlds.trained if one == city] for city in worlds.cities}
    assert of["green_11"] == worlds.networks
    assert worlds.networks == ["main", "again", "softmax", "b0", "b0_softmax", "shuffled"]
    assert of["green_12"] == ["main", "shuffled"]
    others = len(worlds.cities) - len(worlds.probes)
    assert len(worlds.of_trained("{city}/{scheme}/{network}")) == 4 * 6 + others * 2


def test_paths_of_worlds_and_probes_are_of_the_main_network_and_first_scheme(study):
    worlds = Worlds(study("validation"))
    assert worlds.of_cities("{city}-{scheme}-{network}")[0] == "residential_01-random-main"
    assert len(worlds.of_probes("{city}")) == 4
    assert worlds.of_networks("{city}/{network}")[1] == "{city}/again"


def test_a_study_of_real_cities_has_no_worlds(study):
    assert Worlds(study()).trained == Worlds(study()).probes == []
    assert Worlds(study("nyc", folds={"cities": {"schemes": []}})).scheme == "random"
