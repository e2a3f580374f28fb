"""How a network is trained."""

import math
from dataclasses import dataclass

from incomelens.common.errors import InputError
from incomelens.inference.inputs import check_scaling
from incomelens.inference.schedules import next_epoch


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained; the paper's values.

    Attributes
    ----------
    schedule : {"paper", "released", "constant", "cosine"}
        See :func:`incomelens.inference.schedules.next_epoch`.
    learning_rate : float
        Of Adam, to start with.
    batch_size : int
    epochs : int
        At most.
    samples_per_epoch : int or None
        Images shown in an epoch, rounded up to whole batches; None for as many as there are.
    scaling : {"min_max", "imagenet", "half"}
        See :func:`incomelens.inference.inputs.scale_images`.
    flips : bool
        Whether training images are flipped at random, both ways.
    frozen : bool
        Whether the backbone stays as it comes, batch statistics as well, and only the head is
        trained.
    compile : bool
        Whether `torch.compile` is used on CUDA; pays from some thousand steps on.
    cuda_graph : bool
        Whether steps on CUDA are recorded once and replayed, see
        :class:`incomelens.inference.steps.GradientStep`; changes the speed alone.
    memory_mb, n_readers : int
        See :class:`incomelens.inference.streams.ImageStream`; they change the speed alone.
    """

    schedule: str = "paper"
    learning_rate: float = 8e-5
    batch_size: int = 10
    epochs: int = 30
    samples_per_epoch: int | None = 2500
    scaling: str = "min_max"
    flips: bool = True
    frozen: bool = False
    compile: bool = False
    cuda_graph: bool = True
    memory_mb: int = 4096
    n_readers: int = 4

    def __post_init__(self) -> None:
        check_scaling(self.scaling)
        next_epoch([], schedule=self.schedule, learning_rate=self.learning_rate, epochs=1)
        for name in ("batch_size", "epochs", "samples_per_epoch"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"{name}: {value}; expected at least 1")
        if not 0 < self.learning_rate < math.inf:
            raise InputError(f"learning_rate: {self.learning_rate}; expected a positive number")
