"""Files as the providers would write them.

===============  ======================================================
``census``       tables and boundaries of the US Census Bureau
``dof``          workbooks of New York's sales
``filosofi``     INSEE's grid of incomes
``geopackage``   layers of a GeoPackage, equal to the byte in every run
``ign``          archives of orthophotos
``urban_atlas``  land use of a city
===============  ======================================================
"""
