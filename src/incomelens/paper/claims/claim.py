"""What a claim is, and the one rule by which all of them are judged.

A claim is decided by cases: a task, a city, an urban class in a city. A case supports it where the
uncertainty of its numbers allows no other answer, contradicts it where it excludes what is claimed,
and is open in between. The claim is open as long as its open cases could still turn it
(deviation `ledger_clear_cases`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf, nan
from typing import Generic, TypeVar

import numpy as np

from incomelens.folds.resampling import Interval
from incomelens.paper.table import Row

S = TypeVar("S")
LEVEL = 0.05  # of the false discovery rate among the P values of a ledger
NO_INTERVAL = Interval(nan, nan)


class Verdict(StrEnum):
    """What became of a case or a claim."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    OPEN = "open"

    @property
    def opposite(self) -> "Verdict":
        """Verdict on the contrary of what is claimed."""
        return {SUPPORTED: CONTRADICTED, CONTRADICTED: SUPPORTED, OPEN: OPEN}[self]


SUPPORTED, CONTRADICTED, OPEN = Verdict


@dataclass(frozen=True)
class Case:
    """One place where a claim can be seen to hold or not.

    Parameters
    ----------
    name : str
        Where: a task, a city, a class; empty where the figures say it.
    figures : str
        The numbers that decide it; where it cannot be decided, why.
    verdict : Verdict
        Before the P values of its ledger are looked at together.
    p_value : float
        Of a test behind the verdict; decided only if its q within the ledger is small, too.
    """

    name: str
    figures: str
    verdict: Verdict = OPEN
    p_value: float = nan


@dataclass(frozen=True)
class Question(Generic[S]):
    """How a claim is put to a study: the cases that it offers.

    `rule` says in words what a case must show to support the claim, `under` what the answer
    depends on beside the data: ``scheme``, ``mode``, ``method``, ``measure``.
    """

    rule: str
    cases: Callable[[S], Iterable[Case]]
    under: tuple[str, ...]


@dataclass(frozen=True)
class Claim(Generic[S]):
    """One claim.

    Parameters
    ----------
    id : str
        Number, with a letter for its parts.
    says : str
        What is claimed, in our words.
    where : str
        Where it stands in the paper.
    asks : Question
    most : bool
        Whether more than half of the cases must support it, or every one.
    """

    id: str
    says: str
    where: str
    asks: Question[S]
    most: bool = False

    @property
    def rule(self) -> str:
        """When it is supported, as a sentence."""
        return (
            f"{self.asks.rule}, in {'more than half' if self.most else 'every one'} of the cases."
        )


def within(interval: Interval, low: float = -inf, high: float = inf) -> Verdict:
    """Judge a number by its interval: whether it lies in a range.

    A difference is claimed to lie above or below 0, so that one end of the range is infinite. A
    number without an interval (NaN) leaves it open.

    Examples
    --------
    >>> str(within(Interval(0.66, 0.70), 0.65, 0.71)), str(within(Interval(0.6, 0.7), 0.65, 0.71))
    ('supported', 'open')
    >>> str(within(Interval(-0.4, -0.1), low=0))
    'contradicted'
    """
    if low < interval.low and interval.high < high:
        return SUPPORTED
    return CONTRADICTED if interval.high < low or high < interval.low else OPEN


def difference(first: Interval, second: Interval) -> Interval:
    """Widest interval of a difference that the intervals of both numbers allow.

    Where a difference has no interval of its own, this one excludes 0 only if both lie apart, which
    is stricter than any test of the difference.
    """
    return Interval(first.low - second.high, first.high - second.low)


def possible_ranks(own: Interval, others: Iterable[Interval]) -> range:
    """Ranks, 1 for the largest, that a number can have among others, given all intervals.

    Examples
    --------
    >>> possible_ranks(Interval(2, 4), [Interval(5, 6), Interval(3, 7), Interval(0, 1)])
    range(2, 4)
    """
    apart = [within(difference(own, other), low=0) for other in others]
    return range(1 + apart.count(CONTRADICTED), 2 + len(apart) - apart.count(SUPPORTED))


def one_of(possible: range, claimed: Iterable[int]) -> Verdict:
    """Judge a rank: whether it is among the claimed ones, given the possible ones."""
    hits = set(possible) & set(claimed)
    return SUPPORTED if len(hits) == len(possible) else OPEN if hits else CONTRADICTED


def settled(verdicts: Sequence[Verdict], *, most: bool = False) -> Verdict:
    """Verdict on a claim that no outcome of the open cases could change; otherwise open.

    Parameters
    ----------
    verdicts : sequence of Verdict
        Of its cases, in any order; none leaves the claim open.
    most : bool
        Whether more than half must support it, or every one.
    """
    n_for, n_against = verdicts.count(SUPPORTED), verdicts.count(CONTRADICTED)
    n_open = len(verdicts) - n_for - n_against
    if not verdicts:
        return OPEN
    if most:
        if n_for > n_against + n_open:
            return SUPPORTED
        return CONTRADICTED if n_against >= n_for + n_open else OPEN
    return CONTRADICTED if n_against else OPEN if n_open else SUPPORTED


def agreed(verdicts: Iterable[Verdict]) -> Verdict:
    """Verdict that all methods share; open where they do not agree."""
    distinct = set(verdicts)
    return distinct.pop() if len(distinct) == 1 else OPEN


def with_interval(value: float, interval: Interval, decimals: int = 2, *, sign: str = "") -> str:
    """A number with its interval, in a sentence.

    Examples
    --------
    >>> with_interval(-0.125, Interval(-0.5, 0.25), sign="+")
    '−0.12 (−0.50 to +0.25)'
    """
    numbers = [f"{number:{sign},.{decimals}f}" for number in (value, interval.low, interval.high)]
    text = "{}, no interval" if np.isnan(interval.low) else "{} ({} to {})"
    return text.format(*numbers).replace("-", "−").replace("nan", "undefined")


def ends(row: Row, interval: str = "block_ci") -> Interval:
    """Interval of a row of a table, by spatial blocks where nothing else is said."""
    return Interval(getattr(row, f"{interval}_low"), getattr(row, f"{interval}_high"))


def cell(row: Row, column: str, decimals: int = 2, *, sign: str = "") -> str:
    """A number of a row of a table with its interval by spatial blocks, in a sentence."""
    return with_interval(getattr(row, column), ends(row), decimals, sign=sign)


def decided(case: Case, q_value: float) -> Verdict:
    """Verdict on a case, given the q of its P; a case without a test keeps its own."""
    return case.verdict if np.isnan(case.p_value) or q_value <= LEVEL else OPEN
