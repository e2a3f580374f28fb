"""One step of training: the gradients of one batch."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from incomelens.inference.devices import precision
from incomelens.inference.inputs import scale_images

# From images and targets to loss and accuracy.
Run = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]

# Runs before recording, in which libraries choose their algorithms and allocate what they keep.
WARM_UPS = 3


class GradientStep:
    """Leaves the gradients of a batch in the parameters; on CUDA by replaying a recorded graph.

    A step at the paper's batch of ten is hundreds of short kernels: launched one by one they take
    longer to launch than to run. A CUDA graph launches all of them at once.

    Parameters
    ----------
    network : module
        From scaled images to log-probabilities; its parameters get the gradients.
    scaling : {"min_max", "imagenet", "half"} or None
        None where it reads something else than images, as it comes.
    device : torch.device
    recorded : bool
        Whether steps on CUDA are recorded; changes the speed alone. A recorded step needs batches
        of one shape, and its gradients live in the same tensors from step to step: nothing may
        set them to None.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        scaling: str | None,
        device: torch.device,
        recorded: bool = True,
    ) -> None:
        self._network, self._scaling, self._device = network, scaling, device
        self._graph: _RecordedStep | None = None
        self._recorded = recorded and device.type == "cuda"

    def __call__(self, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the gradients of the mean cross-entropy.

        Parameters
        ----------
        images : uint8 tensor of shape (n, px, px, 3)
            Or what else the network reads.
        targets : int64 tensor of shape (n,)
            Classes from 0.

        Returns
        -------
        loss, accuracy : tensors of shape ()
            On the device: asking for a number at every step would make it wait.
        """
        if not self._recorded:
            return self._run(images, targets)
        if self._graph is None:
            self._graph = _RecordedStep(self._run, self._network, images, targets)
        return self._graph(images, targets)

    def _run(self, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        self._network.zero_grad(set_to_none=True)
        # Entered anew at every step: autocast keeps its bfloat16 copies of the weights until it is
        # left, and would go on with those from before the optimiser's last step.
        with precision(self._device):
            shown = images if self._scaling is None else scale_images(images, self._scaling)
            log_probabilities = self._network(shown)
            loss = functional.nll_loss(log_probabilities, targets)
            loss.backward()
        hits = log_probabilities.detach().argmax(dim=1) == targets
        return loss.detach(), hits.float().mean()


class _RecordedStep:
    """A step as a CUDA graph, which reads its batch from tensors of its own."""

    def __init__(self, run: Run, network: nn.Module, images: Tensor, targets: Tensor) -> None:
        self._images, self._targets = images.clone(), targets.clone()
        # Warming up must not count: batch norms would have seen the first batch more than once.
        buffers = [buffer.clone() for buffer in network.buffers()]
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UPS):
                run(self._images, self._targets)
        torch.cuda.current_stream().wait_stream(stream)
        network.zero_grad(set_to_none=True)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._results = run(self._images, self._targets)
        with torch.no_grad():
            for buffer, value in zip(network.buffers(), buffers, strict=True):
                buffer.copy_(value)

    def __call__(self, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        self._images.copy_(images)
        self._targets.copy_(targets)
        self._graph.replay()
        loss, accuracy = self._results
        return loss.clone(), accuracy.clone()
