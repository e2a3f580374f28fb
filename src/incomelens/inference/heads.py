"""From a feature vector to the probabilities of ordered income classes."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from incomelens.common.errors import InputError


class Head(nn.Module):
    """One dense layer and the distribution of classes that its outputs stand for.

    Parameters
    ----------
    n_features : int
        Length of the feature vectors.
    n_classes : int
        Number of ordered classes, at least two.
    n_outputs : int
        Outputs of the dense layer.
    """

    def __init__(self, n_features: int, n_classes: int, n_outputs: int) -> None:
        if n_classes < 2:
            raise InputError(f"n_classes: {n_classes}; a head needs at least two classes")
        super().__init__()
        self.n_classes = n_classes
        self.dense = nn.Linear(n_features, n_outputs)

    def logits(self, features: Tensor) -> Tensor:
        """Outputs of the dense layer, shape (n, n_outputs), in the precision of its weights.

        Under mixed precision too: five probabilities that must add up to 1 are no place for
        eight bits.
        """
        with torch.autocast(features.device.type, enabled=False):
            return self.dense(features.to(self.dense.weight.dtype))

    def log_probabilities(self, logits: Tensor) -> Tensor:
        """Log-probabilities of the classes, shape (n, n_classes), from the logits."""
        raise NotImplementedError

    def forward(self, features: Tensor) -> Tensor:
        """Log-probabilities of the classes, shape (n, n_classes), from features (n, n_features)."""
        return self.log_probabilities(self.logits(features))

    def p(self, features: Tensor) -> Tensor:
        """Position on the scale of classes, shape (n,): see :func:`scale_position`."""
        return scale_position(self(features).exp())


class BinomialHead(Head):
    r"""Classes as the number of successes in n−1 trials of one probability p.

    .. math:: \hat y_{k+1} = \binom{n-1}{k} p^k (1-p)^{n-1-k}, \quad k = 0 \dots n-1,
              \quad p = \sigma(z)

    Notes
    -----
    Levy Abitbol & Karsai (2020), Methods, print :math:`\binom{n}{k-1} p^{k-1} (1-p)^{n-(k-1)}`,
    which leaves out the term k = n+1 and so does not sum to one: deviation
    `binomial_trials`. One logit :math:`z` decides all classes. In log space, values and gradients
    stay finite for any :math:`z`: :math:`\partial \log \hat y_{k+1} / \partial z = k - (n-1) p`.
    """

    successes: Tensor
    log_ways: Tensor

    def __init__(self, n_features: int, n_classes: int) -> None:
        super().__init__(n_features, n_classes, 1)
        successes = range(n_classes)
        ways = [math.log(math.comb(n_classes - 1, k)) for k in successes]
        self.register_buffer("successes", torch.tensor(list(successes)), persistent=False)
        # Double: rounded to the precision of the logits where they meet.
        ways_in_double = torch.tensor(ways, dtype=torch.float64)
        self.register_buffer("log_ways", ways_in_double, persistent=False)

    def log_probabilities(self, logits: Tensor) -> Tensor:
        """Log-probabilities (n, n_classes) from the one logit, shape (n, 1)."""
        failures = self.n_classes - 1 - self.successes
        return (
            self.log_ways.to(logits.dtype)
            + self.successes * functional.logsigmoid(logits)
            + failures * functional.logsigmoid(-logits)
        )


class SoftmaxHead(Head):
    """Classes without an order: one logit each."""

    def __init__(self, n_features: int, n_classes: int) -> None:
        super().__init__(n_features, n_classes, n_classes)

    def log_probabilities(self, logits: Tensor) -> Tensor:
        """Log-probabilities (n, n_classes) from as many logits."""
        return functional.log_softmax(logits, dim=1)


class OrdinalHead(Head):
    r"""One score for all classes, cut at n−1 thresholds learned beside it (CORAL).

    .. math:: P(Y > k) = \sigma(w \cdot x + b_k), \quad b_1 > b_2 > \dots > b_{n-1}

    Notes
    -----
    Cao, Mirjalili & Raschka (2020), Pattern Recognition Letters 140:325: weights shared by all
    thresholds. They train the n−1 yes-no questions; here the loss is the cross-entropy of the
    classes, as for the other heads, so that losses compare: the proportional-odds model
    (McCullagh 1980). The thresholds keep their order by construction. They move slowly, and start
    so far apart that a score in the middle of a class gives it probability 1/2; much closer, and
    the second class could never be the most probable.
    """

    def __init__(self, n_features: int, n_classes: int) -> None:
        super().__init__(n_features, n_classes, 1)
        step = 2 * math.log(3)
        self.first_threshold = nn.Parameter(torch.tensor([step * (n_classes - 2) / 2]))
        # Inverse of softplus: the steps down from one threshold to the next.
        self.steps = nn.Parameter(torch.full((n_classes - 2,), math.log(math.expm1(step))))

    def log_probabilities(self, logits: Tensor) -> Tensor:
        """Log-probabilities (n, n_classes) from the score, shape (n, 1)."""
        steps = functional.softplus(self.steps)
        offsets = functional.pad(torch.cumsum(steps, dim=0), (1, 0))
        cuts = logits + self.first_threshold - offsets
        above, below = functional.logsigmoid(cuts), functional.logsigmoid(-cuts)
        # sigma(a) - sigma(b) = sigma(a) sigma(-b) (1 - exp(b - a)), without cancellation.
        between = above[:, :-1] + below[:, 1:] + torch.log(-torch.expm1(-steps))
        return torch.cat([below[:, :1], between, above[:, -1:]], dim=1)


HEADS: dict[str, Callable[[int, int], Head]] = {
    "binomial": BinomialHead,
    "softmax": SoftmaxHead,
    "ordinal": OrdinalHead,
}


def build_head(name: str, *, n_features: int, n_classes: int) -> Head:
    """Build the head of this name.

    Raises
    ------
    InputError
        If the name is unknown or there are fewer than two classes.
    """
    if name not in HEADS:
        raise InputError(f"head: {name!r} is unknown; known are {', '.join(HEADS)}")
    return HEADS[name](n_features, n_classes)


def scale_position(probabilities: Tensor) -> Tensor:
    """Position on the scale of classes: 0 for the poorest, 1 for the richest.

    Parameters
    ----------
    probabilities : tensor of shape (n, n_classes)

    Returns
    -------
    tensor of shape (n,)
        (expected class − 1) / (n_classes − 1). For the binomial head this is its p.
    """
    ranks = torch.linspace(
        0, 1, probabilities.shape[1], dtype=probabilities.dtype, device=probabilities.device
    )
    return probabilities @ ranks
