"""Kept maps come back as they were, and the cells to keep are chosen by rule."""

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy
from numpy.testing import assert_array_equal

from incomelens.attribution.kept_maps import KeptMaps, figure_cells, read_kept_maps, write_kept_maps
from incomelens.common.errors import DamagedFileError, InputError


@pytest.fixture
def kept():
    maps = np.random.default_rng(0).random((2, 1, 2, 4, 4)).astype(np.float32)
    return KeptMaps(("a", "é"), ("guided",), ("low", "high"), maps)


def test_maps_come_back_as_they_were(kept, tmp_path):
    path = tmp_path / "here" / "kept.safetensors"
    write_kept_maps(kept, path)
    found = read_kept_maps(path)
    assert (found.cell_ids, found.methods, found.targets) == (
        kept.cell_ids,
        kept.methods,
        kept.targets,
    )
    assert_array_equal(found.maps, kept.maps)
    write_kept_maps(kept, tmp_path / "again.safetensors")
    assert path.read_bytes() == (tmp_path / "again.safetensors").read_bytes()


def test_damaged_and_foreign_files_are_refused(kept, tmp_path):
    path = tmp_path / "kept.safetensors"
    with pytest.raises(InputError, match="there are no kept maps"):
        read_kept_maps(path)
    write_kept_maps(kept, path)
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(DamagedFileError, match=r"kept\.safetensors: damaged since it was written"):
        read_kept_maps(path)
    path.write_bytes(safetensors.numpy.save({"weights": kept.maps}))
    with pytest.raises(InputError, match=r"holds \['weights'\] and no labels"):
        read_kept_maps(path)
    write_kept_maps(KeptMaps(("a",), kept.methods, kept.targets, kept.maps), path)
    with pytest.raises(InputError, match=r"\(2, 1, 2, 4, 4\) for \[1, 1, 2\]"):
        read_kept_maps(path)


def sums_of(weaker, *, stronger=1.0, method="guided"):
    """Sums of the maps of cells a, b, ..: one of both is this weak; some turned ones beside."""
    rows = [
        (chr(97 + place), method, target, transform, value if transform == 0 else 9.0)
        for place, one in enumerate(weaker)
        for target, value in (("low", one), ("high", stronger))
        for transform in (0, 1)
    ]
    columns = ["cell_id", "method", "target", "transform", "activation_sum"]
    return pd.DataFrame(rows, columns=columns)


def choose(p, classes, sums=None, **options):
    """Cells a, b, .. with these p and numbers of classes."""
    cells = [chr(97 + place) for place in range(len(p))]
    names = ["continuous", "dense", "medium", "low"]
    shares = pd.DataFrame(
        [(cell, names[k], 1 / n) for cell, n in zip(cells, classes, strict=True) for k in range(n)],
        columns=["cell_id", "urban_class", "area_share"],
    )
    sums = sums_of([1 - place / 10 for place in range(len(p))]) if sums is None else sums
    return figure_cells(pd.DataFrame({"cell_id": cells, "p": p}), shares, sums, **options)


def test_most_classes_among_tiles_on_which_both_maps_speak_are_shown():
    p, classes = [0.1, 0.8, 0.7, 0.9], [1, 3, 2, 4]
    assert choose(p, classes, clearest=0.75) == ["b"]
    assert choose(p, classes, clearest=0.75, n=3) == ["b", "c", "a"]
    assert choose(p, classes, clearest=0.25) == ["a"]
    assert choose([0.5, 0.6], [2, 2], clearest=1.0) == ["b"]
    # A tile that is surely rich has no map of the poorest class.
    silent = sums_of([0.5, 0.0, 0.4, 0.0])
    assert choose(p, classes, silent, clearest=0.5) == ["c"]


def test_both_maps_speak_by_every_method_whatever_its_units():
    both = [sums_of([0.5, 0.4, 0.3]), sums_of([0.0, 900, 900], stronger=1e3, method="gradcam")]
    assert choose([0.5] * 3, [1, 1, 1], pd.concat(both), clearest=0.1) == ["b"]


def test_slivers_and_land_that_is_left_out_are_no_classes():
    predictions = pd.DataFrame({"cell_id": ["a", "b"], "p": [0.9, 0.8]})
    shares = pd.DataFrame(
        {
            "cell_id": ["a", "a", "a", "b", "b"],
            "urban_class": ["dense", "low", "excluded", "dense", "low"],
            "area_share": [0.5, 0.01, 0.49, 0.5, 0.5],
        }
    )
    assert figure_cells(predictions, shares, sums_of([1, 1]), clearest=1.0) == ["b"]


def test_more_cells_than_there_are_is_refused():
    with pytest.raises(InputError, match="3 cells are asked for and 2 are predicted"):
        choose([0.1, 0.2], [1, 1], n=3)
