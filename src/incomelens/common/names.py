"""Names and sizes that stages share, and that no stage could lend to those above it."""

CELL_M = 200
"""Side of a census cell of INSEE's grid."""

INCOMES = ("per_capita_income", "median_household_income")
"""Columns of districts, US dollars a year; missing where the Census Bureau publishes none."""

MODALITIES = ("prices", "satellite", "street_view")
"""What the siamese baselines see of a district."""

MAIN = "main"
"""The network of the aerial study that others are compared with."""

EMBEDDING = "embedding_"
"""Before the name of an encoder of others: the model that is ridge on its numbers."""

PROCESS = "process"
"""Column that is there where Gaussian processes rest on inducing points: which made the row."""

SHUFFLED = "shuffled"
"""The network that learnt from labels dealt out anew, and so knows nothing of income."""
