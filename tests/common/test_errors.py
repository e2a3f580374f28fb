"""What is told of a fault, and whose it is."""

import pytest

from incomelens.common.errors import InputError, present


@pytest.mark.parametrize("value", [0, "", [], False])
def test_whatever_is_there_is_given_even_where_it_is_nothing(value):
    assert present(value) is value


def test_what_is_not_there_yet_is_no_fault_of_a_user():
    with pytest.raises(TypeError, match="has to be there by now") as told:
        present(None)
    assert not isinstance(told.value, InputError)
