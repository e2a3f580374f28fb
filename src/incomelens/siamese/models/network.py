r"""One encoder for both members of a pair, and a head that turns round when the pair does.

With :math:`u = z_i - z_j` and :math:`v = |z_i - z_j|`, the head is

.. math::
   g(u, v) = a \cdot u + c \cdot \mathrm{relu}(A u + B v + b), \qquad
   \hat\Delta_{ij} = \tfrac12 \left( g(u, v) - g(-u, v) \right)

for the difference in income (SD units) and, with weights of its own, for the logit of "i is
richer". It is antisymmetric by construction: :math:`\hat\Delta_{ij} = -\hat\Delta_{ji}` exactly.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

# Features that a branch gives; images and prices as SSIG_FACTS' reading has them.
WIDTHS = {"prices": 32, "satellite": 128, "street_view": 128, "place": 16}
HIDDEN = 64


class Encoder(nn.Module):
    """Features z of districts: a branch a modality, side by side.

    Parameters
    ----------
    n_inputs : mapping
        Inputs of every branch, by its name.
    dropout : float
        Share of a branch's hidden values that is left out in training.
    """

    def __init__(self, n_inputs: Mapping[str, int], *, dropout: float) -> None:
        super().__init__()
        self.branches = nn.ModuleDict(
            {name: _branch(name, n, dropout) for name, n in n_inputs.items()}
        )
        self.widths = {name: WIDTHS[name] for name in n_inputs}

    def forward(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """Features, shape (n, sum of widths), of inputs (n, n_inputs) a branch."""
        return torch.cat([branch(inputs[name]) for name, branch in self.branches.items()], dim=1)


class PairHead(nn.Module):
    """Difference in income and logit of the sign, both antisymmetric (see the module).

    Parameters
    ----------
    width : int
        Features of a district.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.straight = nn.Linear(width, 2, bias=False)
        self.odd = nn.Linear(width, HIDDEN, bias=False)
        self.even = nn.Linear(width, HIDDEN)
        self.out = nn.Linear(HIDDEN, 2, bias=False)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Difference (SD units) and logit, shape (n, 2), of pairs of features (n, width)."""
        difference = first - second
        odd, even = self.odd(difference), self.even(difference.abs())
        # Half of g(u, v) - g(-u, v); the straight part is odd already.
        bent = 0.5 * (torch.relu(even + odd) - torch.relu(even - odd))
        return self.straight(difference) + self.out(bent)


class SiameseNetwork(nn.Module):
    """Encoder and pair head.

    Parameters
    ----------
    n_inputs : mapping
        Inputs of every branch.
    dropout : float
    """

    def __init__(self, n_inputs: Mapping[str, int], *, dropout: float) -> None:
        super().__init__()
        self.encoder = Encoder(n_inputs, dropout=dropout)
        self.head = PairHead(sum(self.encoder.widths.values()))


def _branch(name: str, n_inputs: int, dropout: float) -> nn.Module:
    width = WIDTHS[name]
    if name in ("prices", "place"):
        inside = 2 * width
        return nn.Sequential(
            nn.Linear(n_inputs, inside), nn.ReLU(), nn.Dropout(dropout), nn.Linear(inside, width)
        )
    return nn.Sequential(nn.Linear(n_inputs, width), nn.ReLU(), nn.Dropout(dropout))
