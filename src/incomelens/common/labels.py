"""What the income of a cell is: a mean, median, share or index, in which unit, of which year."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

MONEY = ("mean", "median")


@dataclass(frozen=True)
class Label:
    """The label that is learnt; without any words INSEE's mean standard of living.

    Attributes
    ----------
    kind : {"mean", "median", "share", "index"}
        Of amounts of money; or a share from 0 to 1 (of the poor, say); or any other number.
    unit : str
        Currency, or what else a number counts in.
    year : int, optional
        Of the incomes.
    per : str
        What an amount is for, such as a year and a consumption unit.
    """

    kind: str = "mean"
    unit: str = "EUR"
    year: int | None = None
    per: str = ""

    @classmethod
    def of(cls, settings: Mapping[str, Any] | None) -> Self:
        """Label of the section ``city.<city>.income.label`` of a configuration; None is INSEE's."""
        return cls(per=" a year per consumption unit") if settings is None else cls(**settings)

    @property
    def is_money(self) -> bool:
        """Whether it is an amount, which is more than zero and told in thousands."""
        return self.kind in MONEY

    @property
    def words(self) -> str:
        """Unit of a value in print.

        Examples
        --------
        >>> Label.of(None).words
        'EUR a year per consumption unit'
        >>> Label("median", "USD", 2018).words
        'USD (median, 2018)'
        """
        if self.per:
            return f"{self.unit}{self.per}"
        told = self.kind if self.year is None else f"{self.kind}, {self.year}"
        return f"{self.unit} ({told})"

    @property
    def column(self) -> str:
        """Name of its column in tables of figures."""
        return "income_eur_a_year" if self.per else "income"

    @property
    def form(self) -> str:
        """How a value is written: whole amounts, else three digits."""
        return ",.0f" if self.is_money else ".3g"

    @property
    def scale(self) -> float:
        """What values are divided by on an axis of :attr:`axis_words`."""
        return 1000.0 if self.is_money else 1.0

    @property
    def axis_words(self) -> str:
        """Words of an axis, amounts in thousands."""
        return f"1,000 {self.words}" if self.is_money else self.words


INSEE = Label.of(None)
