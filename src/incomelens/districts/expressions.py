"""Small expressions of a file's columns, such as ``bachelor_or_above - postgraduate``.

An expression has names of columns (in backticks where they hold blanks or signs), numbers,
``+ - * /`` and parentheses. Dijkstra's shunting yard brings it into postfix order, which is then
computed on arrays; nothing of it is ever run as code.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from incomelens.common.errors import InputError

SIGNS = re.compile(r"[-+*/()`]")
"""What tells an expression from the name of a column."""

GRAMMAR = (
    "an expression has names of the file's columns (in backticks where they hold blanks or "
    "signs), numbers, + - * / and parentheses"
)
_WORD = re.compile(
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?!\w)"
    r"|(?P<name>[^\W\d]\w*)|`(?P<quoted>[^`]+)`|(?P<sign>[-+*/()])"
)
_RANK = {"+": 1, "-": 1, "*": 2, "/": 2, "negative": 3}
_TAKEN = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}


@dataclass(frozen=True)
class Token:
    """One step of an expression in postfix order: a number, a column's name, an operator."""

    kind: Literal["number", "name", "operator"]
    text: str


@dataclass(frozen=True)
class Source:
    """What one column of the contract is read from.

    Attributes
    ----------
    text : str
        Column of the file, or expression, as the configuration writes it.
    unit : str
        Unit of the file's values, such as `percent`; empty where it is ours.
    tokens : tuple of Token
        The expression in postfix order; empty for a plain column.
    """

    text: str
    unit: str = ""
    tokens: tuple[Token, ...] = ()

    @property
    def operands(self) -> list[str]:
        """Columns of the file that are read, each once."""
        named = [token.text for token in self.tokens if token.kind == "name"]
        return list(dict.fromkeys(named)) if self.tokens else [self.text]


def parsed(text: str, *, where: str) -> tuple[Token, ...]:
    """Bring an expression into postfix order.

    Parameters
    ----------
    text : str
    where : str
        For messages.

    Raises
    ------
    InputError
        If it is no expression, or names no column.

    Examples
    --------
    >>> [token.text for token in parsed("a - b * 2", where="")]
    ['a', 'b', '2', '*', '-']
    """
    output: list[Token] = []
    waiting: list[str] = []
    wants_operand = True
    for kind, word in _words(text, where):
        if kind != "sign" or word == "(":
            _expect(wants_operand, text, word, where)
            _expect(kind != "number" or np.isfinite(float(word)), text, word, where)
            if kind == "sign":
                waiting.append(word)
            else:
                output.append(Token("number" if kind == "number" else "name", word))
                wants_operand = False
        elif word == ")":
            _expect(not wants_operand, text, word, where)
            _release(waiting, output, rank=1)
            _expect(bool(waiting), text, word, where)
            waiting.pop()
        elif wants_operand:
            _expect(word in "+-", text, word, where)
            waiting += ["negative"] * (word == "-")
        else:
            _release(waiting, output, rank=_RANK[word])
            waiting.append(word)
            wants_operand = True
    _expect(not wants_operand, text, "its end", where)
    _release(waiting, output, rank=1)
    _expect(not waiting, text, "its end", where)
    if all(token.kind != "name" for token in output):
        raise InputError(f"{where}: {text!r} names no column; {GRAMMAR}")
    return tuple(output)


def computed(
    source: Source,
    values: Mapping[str, NDArray[np.float64]],
    *,
    nobody_of_nobody: float,
    districts: Sequence[str],
    where: str,
) -> NDArray[np.float64]:
    """Compute an expression.

    Parameters
    ----------
    source : Source
        With `tokens`.
    values : mapping from str to array of shape (n,)
        Its operands, NaN where they are missing: then so is the result.
    nobody_of_nobody : float
        What 0 / 0 is.
    districts : sequence of str
        Names of the n rows, for messages.
    where : str
        For messages.

    Raises
    ------
    InputError
        If a result is not finite, such as 5 / 0; it names the district.

    Examples
    --------
    >>> share = Source("part / whole", tokens=parsed("part / whole", where=""))
    >>> counts = {"part": np.array([1.0, 0.0]), "whole": np.array([4.0, 0.0])}
    >>> computed(share, counts, nobody_of_nobody=0.0, districts=["a", "b"], where="")
    array([0.25, 0.  ])
    """
    stack: list[NDArray[np.float64]] = []
    for token in source.tokens:
        if token.kind == "name":
            stack.append(values[token.text])
        elif token.kind == "number":
            stack.append(np.full(len(districts), float(token.text)))
        elif token.text == "negative":
            stack.append(-stack.pop())
        else:
            right, left = stack.pop(), stack.pop()
            with np.errstate(all="ignore"):  # what is not finite is told below, by its district
                result = _TAKEN[token.text](left, right)
            if token.text == "/":
                result = np.where((left == 0) & (right == 0), nobody_of_nobody, result)
            off = np.flatnonzero(np.isinf(result))
            if off.size:
                raise InputError(
                    f"{where} ({source.text!r}) comes to {left[off[0]]:g} {token.text} "
                    f"{right[off[0]]:g} in district {districts[off[0]]} ({off.size} of "
                    f"{len(districts)} rows are off); only 0 / 0 is taken, as nobody of nobody: "
                    "mend the cell, or leave it empty where it is unknown"
                )
            stack.append(result)
    return stack[0]


def _words(text: str, where: str) -> list[tuple[str, str]]:
    """Kind and text of every name, number and sign."""
    words, place = [], 0
    while unread := text[place:].lstrip():
        place = len(text) - len(unread)
        word = _WORD.match(text, place)
        if word is None:
            raise InputError(f"{where}: {text!r} cannot be read from {unread[:20]!r} on; {GRAMMAR}")
        kind = str(word.lastgroup)
        words.append((kind, word[kind]))
        place = word.end()
    return words


def _expect(is_met: bool, text: str, word: str, where: str) -> None:
    if not is_met:
        raise InputError(f"{where}: {text!r} is incomplete or mixed up at {word!r}; {GRAMMAR}")


def _release(waiting: list[str], output: list[Token], *, rank: int) -> None:
    """Move operators that bind at least as tightly to the output, back to a parenthesis."""
    while waiting and waiting[-1] != "(" and _RANK[waiting[-1]] >= rank:
        output.append(Token("operator", waiting.pop()))
