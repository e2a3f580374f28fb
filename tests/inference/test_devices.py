"""Jobs that run side by side take a GPU each."""

import pytest

from incomelens.common.errors import InputError
from incomelens.inference.devices import choose_device, lease


def test_every_job_gets_a_gpu_of_its_own_while_there_are_any(tmp_path):
    taken = [lease(2, tmp_path) for _ in range(3)]
    assert [number for number, _ in taken] == [0, 1, 0]
    assert taken[2][1] is None
    for _, file in taken[:2]:
        file.close()


def test_a_gpu_is_free_again_when_its_job_ends(tmp_path):
    _, first = lease(2, tmp_path)
    _, second = lease(2, tmp_path)
    first.close()
    number, third = lease(2, tmp_path)
    assert number == 0
    second.close()
    third.close()


def test_an_unknown_device_is_refused():
    with pytest.raises(InputError, match="'tpu' is unknown; known are auto, cpu, cuda"):
        choose_device("tpu")
