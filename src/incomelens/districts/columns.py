"""Columns of ``districts/{level}.parquet`` by what they are."""

from incomelens.common.names import INCOMES

VARIABLES = (
    "bachelor",
    "postgraduate",
    "unemployment",
    "age_65_plus",
    "age_under_18",
    "population_density",
    "male",
    "black",
    "asian",
    "white",
)
"""The paper's ten socio-economic variables: shares of 0 to 1, density in people per km²."""

SHARES = tuple(name for name in VARIABLES if name != "population_density")

NUMBERS = (
    "population",
    *(f"{income}{end}" for income in INCOMES for end in ("", "_moe")),
    *VARIABLES,
    "bachelor_or_above",
    "longitude",
    "latitude",
)

TOP_CODE = 250_001
"""How the Census Bureau writes a median household income of "250,000+"."""

MISSING_CODES = tuple(-111_111_111 * digit for digit in range(1, 10))
"""-666666666 and its kin: why an estimate or a margin of error is missing, never a number."""
