"""Which 200 m census cells make a city, what people earn in them, and what the land is used for.

Levy Abitbol & Karsai (2020), "Aerial, socioeconomic and land-use datasets and their combination".
A cell belongs to a city if it overlaps the city's functional urban area; its income is the mean
winsorised standard of living of its inhabitants. Land-use polygons of the Urban Atlas come in 27
classes, which the paper merges into 19 (:mod:`incomelens.cells.urban_classes`).
"""
