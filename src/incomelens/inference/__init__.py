"""Which fifth of its city's incomes a place belongs to, judging by its image.

Levy Abitbol & Karsai (2020), "Model description for SES inference": a network reads one tile and
gives a probability to each income class; every cell is predicted by a network that did not see it.
"""
