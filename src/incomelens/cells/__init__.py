"""Which 200 m census cells make a city, what people earn in them, and what the land is used for.

Levy Abitbol & Karsai (2020), "Aerial, socioeconomic and land-use datasets and their combination".
A cell belongs to a city if it overlaps the city's functional urban area; its income is the mean
winsorised standard of living of its inhabitants. Land use comes in the codes of its provider, which
the study's list merges into classes (:mod:`incomelens.cells.urban_classes`): the 27 of the Urban
Atlas into the paper's 19, unless the study names another.
"""
