"""Seeds follow from names alone."""

from hypothesis import given
from hypothesis import strategies as st

from incomelens.common.seeds import job_rng, job_seed

names = st.lists(st.text(max_size=8), max_size=4)


@given(seed=st.integers(0, 2**31), names=names)
def test_the_same_name_gives_the_same_numbers(seed, names):
    assert job_rng(seed, *names).random() == job_rng(seed, *names).random()


def test_names_are_kept_apart_where_they_join():
    assert job_seed(1, "ab", "c") != job_seed(1, "a", "bc")


def test_a_known_seed_stays_what_it_is():
    assert job_seed(20230101, "assign_district_folds", "tract") == 3804691688
