"""Training learns, leaks nothing, stops where it should and survives being killed."""

import dataclasses
import resource
import signal
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import binomtest

from incomelens.common.errors import InputError
from incomelens.common.finished_parts import FinishedParts
from incomelens.inference.checkpoint import CHECKPOINT_FILE
from incomelens.inference.history import history_table
from incomelens.inference.network import build_network
from incomelens.inference.predict import predict
from incomelens.inference.settings import TrainingSettings
from incomelens.inference.training import train

CPU = torch.device("cpu")
FAST = TrainingSettings(
    schedule="constant", learning_rate=3e-3, batch_size=10, epochs=3, samples_per_epoch=None
)


class TinyTiles:
    """Tiles in memory: noise whose brightness rises with the class where `signal` says so."""

    def __init__(self, n, *, signal=True, px=64, seed=0):
        rng = np.random.default_rng(seed)
        self.cell_ids = [f"cell{number}" for number in range(n)]
        self.labels = pd.Series(np.arange(n) % 5 + 1, index=self.cell_ids)
        images = rng.integers(0, 100, (n, px, px, 3))
        if signal:
            # A block that grows with the class: min-max scaling would undo mere brightness.
            for image, label in zip(images, self.labels, strict=True):
                image[: 10 * label, : 12 * label] += 150
        self._images = dict(zip(self.cell_ids, images.astype(np.uint8), strict=True))

    def read_images(self, cell_ids):
        return np.stack([self._images[cell_id] for cell_id in cell_ids])


def tiny_network(seed=0, **options):
    return build_network(
        **{"backbone": "test_efficientnet", "weights": "none"} | options, seed=seed
    )


def run(folder, tiles, *, settings=FAST, n_train=None, labels=None, network=None, **options):
    n_train = n_train or len(tiles.cell_ids) * 3 // 4
    network = network or tiny_network()
    result = train(
        network,
        tiles,
        tiles.labels if labels is None else labels,
        tiles.cell_ids[:n_train],
        tiles.cell_ids[n_train:],
        settings=settings,
        checkpoint_dir=folder,
        seed=5,
        device=CPU,
        **options,
    )
    return network, result


def with_settings(**changes):
    return dataclasses.replace(FAST, **changes)


def same_state(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


class Twins(TinyTiles):
    """Every tile of the second half shows what its twin in the first half shows."""

    def read_images(self, cell_ids):
        half = len(self.cell_ids) // 2
        numbers = [int(cell_id.removeprefix("cell")) % half for cell_id in cell_ids]
        return super().read_images([f"cell{number}" for number in numbers])


@pytest.mark.slow
def test_forty_tiles_are_learned_without_error(tmp_path):
    tiles = Twins(80)
    # Room to spare: other processors round otherwise, and 20 epochs did not do on all of them.
    settings = with_settings(schedule="cosine", epochs=30, learning_rate=5e-3, flips=False)
    network, _ = run(tmp_path, tiles, settings=settings, n_train=40)
    table = predict(network, tiles, tiles.cell_ids[:40], scaling="min_max", device=CPU)
    assert table["predicted"].tolist() == tiles.labels[:40].tolist()


def test_a_frozen_backbone_keeps_every_weight_and_statistic_and_its_head_learns(tmp_path):
    before = tiny_network().state_dict()
    network, result = run(tmp_path, TinyTiles(40), settings=with_settings(frozen=True))
    after = network.state_dict()
    changed = {key for key in before if not torch.equal(before[key], after[key])}
    assert changed == {key for key in before if key.startswith("head.")}
    assert result.history[-1].train_loss < result.history[0].train_loss


def test_what_is_learned_holds_out_of_fold_and_shuffled_labels_are_chance(tmp_path):
    tiles = TinyTiles(100)
    shuffled = pd.Series(
        np.random.default_rng(1).permutation(tiles.labels.to_numpy()), index=tiles.cell_ids
    )
    held_out = tiles.cell_ids[50:]
    hits = {}
    for name, labels in [("true", tiles.labels), ("shuffled", shuffled)]:
        network = tiny_network()
        train(
            network,
            tiles,
            labels,
            tiles.cell_ids[:40],
            tiles.cell_ids[40:50],
            settings=with_settings(epochs=8, learning_rate=5e-3, flips=False),
            checkpoint_dir=tmp_path / name,
            seed=1,
            device=CPU,
        )
        table = predict(network, tiles, held_out, scaling="min_max", device=CPU)
        hits[name] = int((table["predicted"].to_numpy() == labels[held_out].to_numpy()).sum())
    assert binomtest(hits["true"], 50, 0.2, alternative="greater").pvalue < 1e-6
    assert binomtest(hits["shuffled"], 50, 0.2, alternative="greater").pvalue > 0.01


class Killed(BaseException):
    """Stands for a signal: nothing in the package may catch it."""


class KillingTiles(TinyTiles):
    """Streamed tiles that kill the training at the n-th read."""

    def __init__(self, *args, after, **options):
        super().__init__(*args, **options)
        self.after = after

    def read_images(self, cell_ids):
        self.after -= 1
        if self.after < 0:
            raise Killed
        return super().read_images(cell_ids)


@pytest.mark.parametrize(("after", "frozen"), [(9, False), (20, False), (20, True)])
def test_a_killed_and_resumed_training_is_the_unbroken_one_bit_by_bit(tmp_path, after, frozen):
    tiles = TinyTiles(20, signal=False)
    settings = with_settings(
        schedule="cosine", batch_size=4, samples_per_epoch=18, memory_mb=0, frozen=frozen
    )
    unbroken_network, unbroken = run(tmp_path / "unbroken", tiles, settings=settings)
    killing = KillingTiles(20, signal=False, after=after)
    with pytest.raises(Killed):
        run(tmp_path / "killed", killing, settings=settings)
    reached = (tmp_path / "killed" / CHECKPOINT_FILE).exists()
    assert reached == (after > 12)
    network, resumed = run(tmp_path / "killed", tiles, settings=settings)
    assert resumed.history == unbroken.history
    assert resumed.best_epoch == unbroken.best_epoch
    assert same_state(resumed.best_state, unbroken.best_state)
    assert same_state(network.state_dict(), unbroken_network.state_dict())


def test_the_rate_of_the_schedule_is_the_rate_that_is_used(tmp_path):
    tiles = TinyTiles(12, signal=False)
    losses = {}
    for schedule in ("constant", "cosine"):
        _, result = run(tmp_path / schedule, tiles, settings=with_settings(schedule=schedule))
        losses[schedule] = [record.validation_loss for record in result.history]
    same = [one == other for one, other in zip(*losses.values(), strict=True)]
    assert same == [True, False, False]


def test_a_finished_training_is_not_done_again(tmp_path):
    tiles = TinyTiles(20, signal=False)
    _, first = run(tmp_path, tiles)
    before = (tmp_path / CHECKPOINT_FILE).stat().st_mtime_ns
    _, second = run(tmp_path, tiles)
    assert (tmp_path / CHECKPOINT_FILE).stat().st_mtime_ns == before
    assert second.history == first.history


def test_streamed_and_resident_tiles_train_alike(tmp_path):
    tiles = TinyTiles(20, signal=False)
    _, resident = run(tmp_path / "a", tiles)
    _, streamed = run(tmp_path / "b", tiles, settings=with_settings(memory_mb=0, n_readers=16))
    assert same_state(resident.best_state, streamed.best_state)


@pytest.mark.parametrize("change", ["settings", "labels", "images", "seed", "head"])
def test_a_checkpoint_of_another_training_is_not_gone_on_with(tmp_path, change, caplog):
    tiles = TinyTiles(12, signal=False)
    one_epoch = with_settings(epochs=1)
    run(tmp_path, tiles, settings=one_epoch)
    options = {"settings": one_epoch}
    if change == "settings":
        options["settings"] = with_settings(epochs=1, flips=False)
    elif change == "labels":
        options["labels"] = 6 - tiles.labels
    elif change == "images":
        tiles = TinyTiles(12, signal=False, seed=1)
    else:
        options["network"] = (
            tiny_network(seed=9) if change == "seed" else tiny_network(head="softmax")
        )
    with caplog.at_level("INFO"):
        run(tmp_path, tiles, **options)
    assert "inputs or settings have changed; training starts anew" in caplog.text


def test_a_damaged_checkpoint_is_left_aside(tmp_path, caplog):
    tiles = TinyTiles(12, signal=False)
    _, first = run(tmp_path, tiles, settings=with_settings(epochs=1))
    path = tmp_path / CHECKPOINT_FILE
    path.write_bytes(path.read_bytes()[:-100])
    _, second = run(tmp_path, tiles, settings=with_settings(epochs=1))
    assert "cannot be read" in caplog.text
    assert second.history == first.history


@contextmanager
def files_no_larger_than(n_bytes):
    """Let the system refuse larger files, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_is_told_and_leaves_the_last_whole_checkpoint(tmp_path):
    tiles = TinyTiles(12, signal=False)
    run(tmp_path, tiles, settings=with_settings(epochs=1))
    whole = (tmp_path / CHECKPOINT_FILE).read_bytes()
    message = r"training\.safetensors: could not be kept \(.*\); make room"
    with files_no_larger_than(50_000), pytest.raises(InputError, match=message):
        run(tmp_path, tiles, settings=with_settings(epochs=2))
    assert [path.name for path in tmp_path.iterdir()] == [CHECKPOINT_FILE]
    assert (tmp_path / CHECKPOINT_FILE).read_bytes() == whole


def test_the_best_epoch_is_kept_and_not_the_last(tmp_path):
    tiles = TinyTiles(24)
    # The more is learned, the worse it holds for validation cells with the order reversed.
    labels = tiles.labels.where(np.arange(24) < 16, 6 - tiles.labels)
    settings = with_settings(epochs=6, learning_rate=1e-2)
    network, result = run(tmp_path, tiles, settings=settings, n_train=16, labels=labels)
    losses = [record.validation_loss for record in result.history]
    assert result.best_epoch == int(np.argmin(losses)) < 5
    assert same_state(network.state_dict(), result.best_state)
    table = predict(network, tiles, tiles.cell_ids[16:], scaling="min_max", device=CPU)
    probabilities = table.filter(regex="prob_").to_numpy()
    own = probabilities[np.arange(8), labels[16:].to_numpy() - 1]
    np.testing.assert_allclose(-np.log(own).mean(), min(losses), rtol=1e-4)


def test_a_loss_that_is_no_number_names_epoch_step_and_learning_rate(tmp_path):
    message = r"the loss is nan at epoch 0, step \d+ \(learning rate 1e\+30\); lower learning_rate"
    with pytest.raises(InputError, match=message):
        run(tmp_path, TinyTiles(30), settings=with_settings(learning_rate=1e30, batch_size=3))
    assert not list(tmp_path.iterdir())


def test_one_tile_can_be_learned(tmp_path):
    tiles = TinyTiles(2)
    network, result = run(tmp_path, tiles, n_train=1, settings=with_settings(samples_per_epoch=3))
    assert len(result.history) == 3
    assert len(predict(network, tiles, tiles.cell_ids[:1], scaling="min_max", device=CPU)) == 1


def test_missing_classes_are_told_and_do_no_harm(tmp_path, caplog):
    tiles = TinyTiles(20)
    _, result = run(tmp_path, tiles, labels=dict.fromkeys(tiles.cell_ids, 2))
    assert "train_ids: no cell of the income classes 1, 3, 4, 5" in caplog.text
    assert "validation_ids: no cell of the income classes 1, 3, 4, 5" in caplog.text
    assert np.isfinite(history_table(result.history).to_numpy()).all()


def test_an_epoch_shows_as_many_whole_batches_as_were_asked_for(tmp_path):
    read = []

    class Counting(TinyTiles):
        def read_images(self, cell_ids):
            read.append(len(cell_ids))
            return super().read_images(cell_ids)

    settings = with_settings(epochs=1, batch_size=4, samples_per_epoch=10, memory_mb=0)
    run(tmp_path, Counting(12, signal=False), settings=settings, n_train=8)
    assert read.count(4) == 3 + 1 + 1 + 1  # training, validation, and two samples of images


def test_scalars_reach_tensorboard(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    tiles = TinyTiles(12, signal=False)
    _, result = run(
        tmp_path / "kept", tiles, settings=with_settings(epochs=2), tensorboard_dir=tmp_path / "tb"
    )
    events = EventAccumulator(str(tmp_path / "tb")).Reload()
    scalars = events.Scalars("validation/loss")
    assert [scalar.step for scalar in scalars] == [0, 1]
    np.testing.assert_allclose(
        [scalar.value for scalar in scalars],
        [record.validation_loss for record in result.history],
        rtol=1e-6,
    )


def test_a_discarded_checkpoint_is_gone(tmp_path):
    run(tmp_path / "kept", TinyTiles(12, signal=False), settings=with_settings(epochs=1))
    FinishedParts(tmp_path / "kept").discard()
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": {"cell0": 1}}, r"train_ids: 8 of 9 cells have no income class 1 to 5 \(cell1,"),
        ({"labels": "zero-based"}, r"2 of 9 cells have no income class 1 to 5 \(cell0, cell5\)"),
        ({"n_train": 12}, r"validation_ids: empty; expected at least one cell"),
    ],
)
def test_labels_and_sets_are_checked(tmp_path, change, message):
    tiles = TinyTiles(12, signal=False)
    if change.get("labels") == "zero-based":
        change = {"labels": tiles.labels - 1}
    with pytest.raises(InputError, match=message):
        run(tmp_path, tiles, **change)


def test_a_cell_cannot_judge_what_it_taught(tmp_path):
    tiles = TinyTiles(6, signal=False)
    settings = {"settings": FAST, "checkpoint_dir": tmp_path, "seed": 0, "device": CPU}
    with pytest.raises(InputError, match=r"1 cells are in train_ids and in validation_ids \(cell2"):
        train(
            tiny_network(), tiles, tiles.labels, tiles.cell_ids[:3], tiles.cell_ids[2:], **settings
        )
    with pytest.raises(InputError, match=r"train_ids: 1 cells are named twice"):
        train(tiny_network(), tiles, tiles.labels, ["cell0", "cell0"], ["cell1"], **settings)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schedule": "step"}, r"schedule: 'step' is unknown"),
        ({"scaling": "z"}, r"scaling: 'z' is unknown"),
        ({"batch_size": 0}, r"batch_size: 0; expected at least 1"),
        ({"learning_rate": -1.0}, r"learning_rate: -1\.0; expected a positive number"),
    ],
)
def test_settings_are_checked_before_anything_is_read(change, message):
    with pytest.raises(InputError, match=message):
        TrainingSettings(**change)
