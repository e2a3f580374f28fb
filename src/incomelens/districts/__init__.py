"""Districts of a city: what they are like, what they earn, and how unequal they are.

One tidy table a level (tract, zip), whatever the city's data look like, and Table 1 of the
district study (Bai, Lam & Li 2023): inequality between districts.

====================  ============================================================
``columns``           names, order and meaning of the columns of ``districts/{level}.parquet``
``build``             :func:`~build.build_districts`: adapter, checks, order, log
``census``            adapter: Census API tables and cartographic boundaries
``census_tables``     the tables that the study needs, of a city or a file a state
``census_answers``    answers of that API, and whose row each is
``own_table``         adapter: any CSV, GeoPackage or GeoParquet, with a map of its columns
``user_columns``      what that map may say: columns, expressions, units
``expressions``       small expressions of columns, parsed and computed
``geometry``          polygons in longitude and latitude, centroids, the area they lie in
``checks``            what makes a table of districts unusable, said in one message
``shapes``            what looks odd in polygons: counted, told, kept
``units``             the same of values that their unit hardly allows
``sizes``             settings that a city has too few districts for
``inequality``        Gini, decile dispersion ratio and their intervals: arrays in, arrays out
``inequality_table``  the same for every level and income, as a table
====================  ============================================================
"""
