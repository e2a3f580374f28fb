"""Weights of a user's own: read right, or refused in a sentence; never run."""

import io
import pickle

import pytest
import safetensors.torch
import torch
from hypothesis import strategies as st

from incomelens.common.errors import InputError
from incomelens.inference.weights import load_weights, read_state

from ..fuzzing import damaged_bytes, fuzzed, outcome


def network():
    torch.manual_seed(3)
    return torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))


STATE = network().state_dict()


def saved(state, **options):
    packed = io.BytesIO()
    torch.save(state, packed, **options)
    return packed.getvalue()


FILES = {
    "a.safetensors": safetensors.torch.save(STATE),
    "a.pth": saved(STATE),
    "b.pth": saved(STATE, _use_new_zipfile_serialization=False),
    "a.bin": saved({"state_dict": {f"module.{name}": one for name, one in STATE.items()}}),
}


def finite_or_refused(path):
    filled = network()
    outcome(lambda: load_weights(filled, "tiny", path), named=path.name)
    assert all(torch.isfinite(one).all() for one in filled.state_dict().values())


def weights_test(name):
    @fuzzed(content=damaged_bytes(FILES[name]))
    def test(tmp_path_factory, content):
        path = tmp_path_factory.mktemp("weights") / name
        path.write_bytes(content)
        finite_or_refused(path)

    return test


test_safetensors = weights_test("a.safetensors")
test_zip_of_pickles = weights_test("a.pth")
test_pickle = weights_test("b.pth")
test_wrapped = weights_test("a.bin")

odd = st.sampled_from(
    [
        *(None, 3, "text", [1.0], {}, torch.tensor(float("nan")), torch.zeros(2, 3).to_sparse()),
        *(torch.zeros(2, 3, dtype=torch.complex64), torch.zeros(2, 3, device="meta")),
        *(torch.zeros(2, 3, dtype=torch.int64), torch.zeros(2, 3, dtype=torch.bool)),
        *(torch.zeros(3, 2), torch.zeros(2, 3, dtype=torch.float64) + 1e308, torch.zeros(0)),
    ]
)


@fuzzed(
    name=st.sampled_from([*STATE, "another", 5, None, "state_dict", "model"]),
    value=odd,
    wrapped=st.booleans(),
)
def test_values(tmp_path_factory, name, value, wrapped):
    state = {**STATE, name: value}
    path = tmp_path_factory.mktemp("weights") / "a.pth"
    path.write_bytes(saved({"model": state} if wrapped else state))
    finite_or_refused(path)


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_of_anything_else_is_refused_and_not_run(tmp_path, protocol):
    path = tmp_path / "a.pth"
    path.write_bytes(pickle.dumps({"weight": Trap(tmp_path / "sprung")}, protocol=protocol))
    assert outcome(lambda: read_state(path), named="a.pth") is None
    assert not (tmp_path / "sprung").exists()


class Trap:
    """What a hostile pickle would do when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.filterwarnings("ignore:Validating sparse tensor invariants:UserWarning")
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (torch.zeros(2, 3, dtype=torch.float64) + 1e308, r"not finite in 0\.weight"),
        (torch.zeros(2, 3, dtype=torch.complex64), r"0\.weight \(torch\.complex64 for torch\.fl"),
        (torch.zeros(2, 3, device="meta"), r"tensors without numbers: 0\.weight"),
        (torch.zeros(2, 3).to_sparse(), r"sparse tensors.*0\.weight; save them dense"),
    ],
)
def test_numbers_that_would_not_arrive_are_refused(tmp_path, value, message):
    path = tmp_path / "a.pth"
    path.write_bytes(saved({**STATE, "0.weight": value}))
    with pytest.raises(InputError, match=message):
        load_weights(network(), "tiny", path)
