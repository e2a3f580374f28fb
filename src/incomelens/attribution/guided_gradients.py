"""Captum's guided backpropagation under the rules of all activations, to be compared with."""

import contextlib
import warnings

from captum.attr import GuidedBackprop
from torch import Tensor, nn

from incomelens.attribution.guided import GuidedActivations


class GuidedGradients(GuidedBackprop):
    """Captum's guided backpropagation, with the rules of all activations.

    On a network of ``nn.ReLU`` modules it equals Captum's own; on others Captum's own gives the
    plain gradient without a word.

    Parameters
    ----------
    model : module
        From images to class scores, shape (n, n_classes).
    """

    def attribute(
        self,
        inputs: Tensor,
        target: int | None = None,
        additional_forward_args: object | None = None,
    ) -> Tensor:
        """Guided gradient of class `target` with respect to the inputs, of their shape.

        Raises
        ------
        InputError
            If an activation has no rule, or there is none.
        """
        with contextlib.ExitStack() as stack:
            stack.enter_context(warnings.catch_warnings())
            warnings.filterwarnings("ignore", "Setting backward hooks on ReLU", UserWarning)
            activations = stack.enter_context(GuidedActivations(self.model))
            # A leaf of our own: Captum would switch the gradients of the caller's tensor.
            leaf = inputs.detach().requires_grad_()
            gradients = super().attribute(leaf, target, additional_forward_args)
            activations.check()
        return gradients

    def _register_hooks(self, module: nn.Module) -> None:
        """Nothing: Captum's own hooks on ReLU would be a second valve before the same gate."""
