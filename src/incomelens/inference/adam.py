"""Adam by PyTorch's fused kernel (Kingma & Ba 2015, arXiv:1412.6980)."""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn
from torch.optim.adam import adam

State = dict[str, Tensor]

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


class Adam:
    """Adam as ``torch.optim.Adam(..., fused=True)`` has it, to the last bit.

    That class loads PyTorch's compiler, for longer than a small network trains; the function that
    it calls does not.

    Parameters
    ----------
    parameters : iterable of Parameter
    rate : float
        Learning rate.

    Attributes
    ----------
    rate : float
        Of the next step.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], *, rate: float) -> None:
        self.rate = rate
        self._parameters = list(parameters)
        # By place of the parameter, from the first step at which it has a gradient.
        self._slots: dict[int, State] = {}

    @torch.no_grad()
    def step(self) -> None:
        """Move every parameter that has a gradient."""
        moved = [k for k, one in enumerate(self._parameters) if one.grad is not None]
        slots = [self._slots_of(k) for k in moved]
        adam(
            [self._parameters[k] for k in moved],
            [self._parameters[k].grad for k in moved],
            [one["exp_avg"] for one in slots],
            [one["exp_avg_sq"] for one in slots],
            [],
            [one["step"] for one in slots],
            fused=True,
            amsgrad=False,
            beta1=BETA_1,
            beta2=BETA_2,
            lr=self.rate,
            weight_decay=0.0,
            eps=EPSILON,
            maximize=False,
        )

    def state(self) -> State:
        """Moments and steps on the CPU, by parameter number and name, such as ``3.exp_avg``."""
        return {
            f"{number}.{name}": value.to("cpu", copy=True).contiguous()
            for number, slots in self._slots.items()
            for name, value in slots.items()
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Put back what :meth:`state` gave; the rate stays as it is."""
        for key, value in state.items():
            number, name = key.split(".", maxsplit=1)
            # In place: the kernel walks through memory, where moments lie as their parameter does.
            self._slots_of(int(number))[name].copy_(value)

    def _slots_of(self, number: int) -> State:
        if number not in self._slots:
            parameter = self._parameters[number].detach()
            self._slots[number] = {
                "step": torch.zeros((), dtype=torch.float32, device=parameter.device),
                "exp_avg": torch.zeros_like(parameter),
                "exp_avg_sq": torch.zeros_like(parameter),
            }
        return self._slots[number]
