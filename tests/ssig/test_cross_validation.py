"""Out-of-fold means out of fold; diagnostics see what was planted."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from shapely import Point
from sklearn.ensemble import HistGradientBoostingRegressor

from incomelens.common.errors import InputError
from incomelens.folds.buffer import places_on_earth
from incomelens.sources.readers.embedding_tables import Embedding
from incomelens.ssig.conformal import calibrate_intervals
from incomelens.ssig.coverage import coverage_by_group
from incomelens.ssig.decisions import measure_decisions
from incomelens.ssig.diagnostics import errors_by_group, residual_moran
from incomelens.ssig.features import SOCIOECONOMIC, feature_names, income_sample
from incomelens.ssig.gp_folds import cross_validate_gps
from incomelens.ssig.inducing import Approximation
from incomelens.ssig.out_of_fold import splits
from incomelens.ssig.reference_folds import cross_validate_references
from incomelens.ssig.references import REFERENCES, reference_model, smallest_leaf
from incomelens.ssig.scores import score_folds, summarise

GP = {"models": ["ssig"], "modes": ["literal"], "starts": 1, "known_noise": False, "seed": 1}


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    monkeypatch.setattr("incomelens.ssig.references.MOST_TREES", 12)


@pytest.fixture
def city():
    rng = np.random.default_rng(0)
    n = 90
    table = pd.DataFrame(rng.random((n, len(SOCIOECONOMIC))), columns=list(SOCIOECONOMIC))
    table = table.assign(
        geoid=[f"{number:05d}" for number in range(n)],
        longitude=rng.uniform(-74, -73.8, n),
        latitude=rng.uniform(40.6, 40.8, n),
        area=rng.choice(["East", "West"], n),
        bachelor_or_above=lambda t: (t["bachelor"] + t["postgraduate"]) / 2,
        per_capita_income=lambda t: 2e4 + 5e4 * t["postgraduate"] + rng.normal(0, 2e3, n),
        per_capita_income_moe=3e3,
        median_household_income=lambda t: 1.5 * t["per_capita_income"],
        median_household_income_topcoded=lambda t: t["median_household_income"] > 1e5,
    )
    points = [Point(x, y) for x, y in zip(table["longitude"], table["latitude"], strict=True)]
    return gpd.GeoDataFrame(table, geometry=points, crs=4326)


@pytest.fixture
def folds(city):
    number = np.arange(len(city))
    return pd.DataFrame({"geoid": city["geoid"], "fold": number % 3, "block": number % 7})


@pytest.mark.parametrize("name", ["ssig", *REFERENCES])
def test_the_income_of_a_held_out_district_changes_no_bit_of_its_prediction(city, folds, name):
    def out_of_fold(districts):
        if name == "ssig":
            made = cross_validate_gps(
                districts, folds, income="per_capita_income", variants=["main"], **GP
            )
        else:
            sample = income_sample(districts, folds, income="per_capita_income")
            made = cross_validate_references(sample, names=[name], seed=1)
        return made.set_index("geoid")["predicted_usd"]

    changed = city.copy()
    held_out = (folds["fold"] == 0).to_numpy()
    changed.loc[held_out, "per_capita_income"] = 1e6
    before, after = out_of_fold(city), out_of_fold(changed)
    ids = city["geoid"][held_out]
    pd.testing.assert_series_equal(before[ids], after[ids], check_exact=True)
    others = city["geoid"][~held_out]
    assert (before[others] != after[others]).all()


def test_every_district_is_predicted_once_by_every_model(city, folds):
    made = cross_validate_gps(
        city,
        folds,
        income="per_capita_income",
        variants=["main", "without_topcoded"],
        **(GP | {"models": ["ssig", "spatial"]}),
    )
    counts = made.groupby(["model", "variant"])["geoid"].agg(["size", "nunique"])
    topcoded = int(city["median_household_income_topcoded"].sum())
    assert topcoded > 0
    assert counts.loc[("ssig", "main")].tolist() == [90, 90]
    assert counts.loc[("spatial", "main")].tolist() == [90, 90]
    assert counts.loc[("ssig", "without_topcoded")].tolist() == [90 - topcoded] * 2
    assert ("spatial", "without_topcoded") not in counts.index


def test_known_noise_reaches_the_fit_and_the_interval(city, folds):
    with_noise = cross_validate_gps(
        city, folds, income="per_capita_income", variants=["main"], **(GP | {"known_noise": True})
    )
    without = cross_validate_gps(city, folds, income="per_capita_income", variants=["main"], **GP)
    assert (with_noise["sd_usd"] > without["sd_usd"]).all()
    assert (with_noise["predicted_usd"] != without["predicted_usd"]).all()


def test_a_process_that_rests_on_inducing_points_is_named_in_every_table(city, folds):
    few = Approximation(exact_districts=40, inducing_points=20, learnt_on=30)
    names = {"level": "tract", "income": "per_capita_income", "scheme": "random"}
    exact, by_points = (
        cross_validate_gps(city, folds, income="per_capita_income", variants=["main"], **GP, **one)
        for one in ({}, {"approximation": few})
    )
    assert "process" not in exact
    assert set(by_points["process"]) == {"20 inducing points, learnt on 30 districts"}
    references = cross_validate_references(
        income_sample(city, folds, income="per_capita_income"), names=["mean"], seed=0
    )
    predictions = pd.concat([by_points, references], ignore_index=True).assign(**names)
    intervals = calibrate_intervals(predictions, city).assign(**names)
    districts = city.assign(level="tract", population_density=range(len(city)))
    inside = city[["geoid"]].assign(applicable=True, **names)
    tables = [
        score_folds(predictions),
        summarise(predictions, resamples=10, seed=0),
        residual_moran(predictions, districts),
        errors_by_group(predictions, districts),
        intervals,
        coverage_by_group(intervals, districts, inside),
        measure_decisions(predictions, resamples=10, seed=0),
    ]
    for table in tables:
        named = table.groupby("model")["process"].agg(lambda values: set(values.dropna()))
        assert named["ssig"] == set(by_points["process"])
        assert named["mean"] == set()
    intervals = calibrate_intervals(exact, city).assign(**names)
    assert "process" not in intervals
    assert "process" not in score_folds(exact.assign(**names))
    assert "process" not in coverage_by_group(intervals, districts, inside)


def test_variants_and_ablations_read_the_columns_they_name():
    assert feature_names("ssig")[0] == "bachelor"
    assert feature_names("ssig", "bachelor_or_above")[0] == "bachelor_or_above"
    assert feature_names("spatial") == ("latitude", "longitude")
    assert feature_names("socioeconomic") == SOCIOECONOMIC
    with pytest.raises(InputError, match="'gp' is unknown; known are ssig"):
        feature_names("gp")


def test_the_log_linear_model_is_right_on_average(city, folds):
    sample = income_sample(city, folds, income="per_capita_income")
    inputs = sample.inputs(feature_names("ssig"))
    fitted = reference_model("log_linear", seed=0).fit(inputs, sample.income)
    assert fitted.predict(inputs).mean() == pytest.approx(sample.income.mean(), rel=0.01)
    with pytest.raises(InputError, match="zero or negative"):
        reference_model("log_linear", seed=0).fit(inputs, -sample.income)


@pytest.mark.parametrize("name", ["ssig", *REFERENCES])
def test_what_a_model_sees_ends_at_the_buffer(city, folds, name):
    """The income of a district in the buffer changes the fold's predictions without it alone."""

    def out_of_fold(districts, buffer_km):
        own = folds.assign(buffer_km=buffer_km)
        if name == "ssig":
            made = cross_validate_gps(
                districts, own, income="per_capita_income", variants=["main"], **GP
            )
        else:
            sample = income_sample(districts, own, income="per_capita_income")
            made = cross_validate_references(sample, names=[name], seed=1)
        return made.loc[made["fold"] == 0, "predicted_usd"].to_numpy()

    width = 0.8
    place = places_on_earth(city["longitude"].to_numpy(), city["latitude"].to_numpy())
    nearest = cdist(place, place[(folds["fold"] == 0).to_numpy()]).min(axis=1)
    near = (nearest > 0) & (nearest < width)
    assert 5 < near.sum() < 40
    changed = city.copy()
    changed.loc[near, "per_capita_income"] *= 3
    np.testing.assert_array_equal(out_of_fold(changed, width), out_of_fold(city, width))
    assert (out_of_fold(changed, 0.0) != out_of_fold(city, 0.0)).any()


def test_a_buffer_that_leaves_nothing_to_train_on_is_told(city, folds):
    sample = income_sample(city, folds.assign(buffer_km=500.0), income="per_capita_income")
    with pytest.raises(
        InputError, match=r"all 60 districts outside fold 0 lie within 500 km of it"
    ):
        next(splits(sample))


def boosted(n):
    """Inputs and incomes of n districts, and gradient boosting fitted to them."""
    rng = np.random.default_rng(3)
    inputs = rng.random((n, 12))
    income = 2e4 + 5e4 * inputs[:, 1] + rng.normal(0, 2e3, n)
    return inputs, income, reference_model("gradient_boosting", seed=0).fit(inputs, income)


def test_gradient_boosting_learns_from_31_districts():
    """Its default leaf of 20 districts cannot be split off from 31: it was the mean."""
    inputs, income, fitted = boosted(31)
    predicted = fitted.predict(inputs)
    assert np.corrcoef(predicted, income)[0, 1] > 0.9
    default = HistGradientBoostingRegressor(random_state=0).fit(inputs, income)
    np.testing.assert_allclose(default.predict(inputs), income.mean())


def test_gradient_boosting_of_tracts_is_that_of_scikit_learn_to_the_bit():
    inputs, income, fitted = boosted(420)
    default = HistGradientBoostingRegressor(random_state=0).fit(inputs, income)
    np.testing.assert_array_equal(fitted.predict(inputs), default.predict(inputs))


@given(n=st.integers(1, 5000))
def test_the_smallest_leaf_grows_with_the_districts_up_to_the_default(n):
    leaf = smallest_leaf(n)
    assert 3 <= leaf <= 20
    assert leaf <= smallest_leaf(n + 1)
    assert leaf == 20 or n < 420


def test_copying_neighbours_ignores_the_variables_and_averages_eight(city, folds):
    sample = income_sample(city, folds, income="per_capita_income")
    inputs = sample.inputs(feature_names("ssig"))
    fitted = reference_model("copy_neighbours", seed=0).fit(inputs, sample.income)
    elsewhere = inputs.copy()
    elsewhere[:, :10] = 0.5
    np.testing.assert_array_equal(fitted.predict(elsewhere), fitted.predict(inputs))
    km = (inputs[:, 10:] - inputs[0, 10:]) * [111.195, 111.195 * np.cos(np.radians(40.7))]
    nearest = np.argsort((km**2).sum(1))[:8]
    assert fitted.predict(inputs[:1])[0] == pytest.approx(sample.income[nearest].mean())


def test_a_sample_names_what_is_missing(city, folds):
    with pytest.raises(InputError, match="no fold for district 00001"):
        income_sample(city, folds.drop(index=1), income="per_capita_income")
    city.loc[4, "white"] = np.nan
    with pytest.raises(InputError, match="white is missing or not a number for 00004"):
        income_sample(city, folds, income="per_capita_income")
    with pytest.raises(InputError, match="'forest' is unknown; known are mean"):
        reference_model("forest", seed=0)


def test_one_fold_leaves_nothing_to_train_on(city, folds):
    with pytest.raises(InputError, match="all 90 districts lie in one fold"):
        cross_validate_gps(
            city, folds.assign(fold=0), income="per_capita_income", variants=["main"], **GP
        )


def planted(city, folds, residual):
    made = cross_validate_gps(city, folds, income="per_capita_income", variants=["main"], **GP)
    made = made.assign(level="tract", income="per_capita_income", scheme="random")
    by_id = pd.Series(residual, index=city["geoid"])
    return made.assign(predicted_usd=made["observed_usd"] - made["geoid"].map(by_id).to_numpy())


def test_moran_sees_a_gradient_and_not_noise(city, folds):
    tracts = city.assign(level="tract")
    gradient = residual_moran(planted(city, folds, 1e5 * city["longitude"].to_numpy()), tracts)
    noise = np.random.default_rng(1).normal(size=len(city))
    random = residual_moran(planted(city, folds, noise), tracts)
    assert gradient["moran_i"][0] > 0.7
    assert gradient["p_value"][0] < 1e-6
    assert abs(random["moran_i"][0]) < 0.15
    assert random["p_value"][0] > 0.01


def test_errors_by_group_find_the_area_that_is_predicted_badly(city, folds):
    residual = np.where(city["area"] == "East", 1e4, -1e3)
    groups = errors_by_group(planted(city, folds, residual), city.assign(level="tract"))
    by_area = groups[groups["grouping"] == "area"].set_index("group")
    assert by_area.loc["East", "bias_usd"] == pytest.approx(-1e4)
    assert by_area.loc["West", "rmse_usd"] == pytest.approx(1e3)
    deciles = groups[groups["grouping"] == "income_decile"]
    assert deciles["n"].tolist() == [9] * 10


def test_levels_that_number_their_districts_alike_are_kept_apart(city, folds):
    tracts = city.assign(level="tract")
    mirrored = city.assign(level="zip", area=np.where(city["area"] == "East", "West", "East"))
    mirrored["longitude"] = 2 * city["longitude"].mean() - city["longitude"]
    both = pd.concat([tracts, mirrored], ignore_index=True)
    made = planted(city, folds, 1e5 * city["longitude"].to_numpy())
    alone = {
        "tract": residual_moran(made, tracts),
        "zip": residual_moran(made.assign(level="zip"), mirrored),
    }
    predictions = pd.concat([made, made.assign(level="zip")], ignore_index=True)
    together = residual_moran(predictions, both).set_index("level")
    for level, expected in alone.items():
        assert together.loc[level, "moran_i"] == expected["moran_i"][0]
    by_area = errors_by_group(predictions, both).query("grouping == 'area'")
    n = by_area.set_index(["level", "group"])["n"]
    assert n["tract", "East"] == n["zip", "West"] == (city["area"] == "East").sum()


def test_tuned_boosting_takes_the_size_and_number_of_trees_that_inner_blocks_ask_for(city, folds):
    """Of a log income that is one step of one variable, one split a tree is enough."""
    sample = income_sample(city, folds, income="per_capita_income")
    inputs = sample.inputs(feature_names("ssig"))
    rich = inputs[:, 1] > 0.5
    fitted = reference_model("tuned_boosting", seed=0).fit(inputs, np.where(rich, 8e4, 2e4))
    assert fitted.trees_ == 12
    predicted = fitted.predict(inputs)
    assert predicted[rich].min() > 1.5 * predicted[~rich].max()
    with pytest.raises(InputError, match="tuned_boosting: an income is zero or negative"):
        reference_model("tuned_boosting", seed=0).fit(inputs, -sample.income)


def test_an_embedding_is_a_reference_under_the_same_folds_and_gaps_are_means(city, folds):
    sample = income_sample(city, folds, income="per_capita_income")
    rng = np.random.default_rng(2)
    known = city["postgraduate"].to_numpy()[:, None] + rng.normal(0, 0.01, (len(city), 3))
    known[5] = np.nan
    embedding = Embedding(city["geoid"].to_numpy(dtype=str), known)
    made = cross_validate_references(
        sample, names=["mean"], embeddings={"embedding_mine": embedding}, seed=1
    ).set_index("geoid")
    assert set(made["model"]) == {"mean", "embedding_mine"}
    mine = made[made["model"] == "embedding_mine"]
    others = mine.drop("00005")
    assert np.corrcoef(others["predicted_usd"], others["observed_usd"])[0, 1] > 0.9
    training = city["per_capita_income"][(folds["fold"] != folds["fold"][5]).to_numpy()]
    assert abs(mine.loc["00005", "predicted_usd"] / training.mean() - 1) < 0.05
