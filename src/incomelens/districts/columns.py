"""Columns of ``districts/{level}.parquet``, in their order."""

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

COLUMNS = (
    "geoid",
    "area",  # borough or county: what leave-one-area-out leaves out
    "population",
    "per_capita_income",
    "per_capita_income_moe",  # margin of error at 90 % confidence
    "median_household_income",
    "median_household_income_moe",
    "median_household_income_topcoded",
    *VARIABLES,
    "bachelor_or_above",
    "longitude",
    "latitude",
    "geometry",
)

NUMBERS = tuple(
    name
    for name in COLUMNS
    if name not in {"geoid", "area", "median_household_income_topcoded", "geometry"}
)

TOP_CODE = 250_001
"""How the Census Bureau writes a median household income of "250,000+"."""

MISSING_CODES = tuple(-111_111_111 * digit for digit in range(1, 10))
"""-666666666 and its kin: why an estimate or a margin of error is missing, never a number."""
