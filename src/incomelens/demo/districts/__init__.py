"""A city of districts: who lives there, what homes sold for and what both look like.

=====================  =================================================================
``outlines``           where the synthetic city lies: tracts, counties, ZCTAs
``people``             who lives there and what they earn: a known function
``city``               the city at both levels
``homes``              how far prices and images of its districts tell their income
``sales``              what its homes sold for, on which lots
``satellite_picture``  what a district looks like from above
``street_picture``     what it looks like from the street
``homes_mirror``       the mirror of homes, sales and pictures
``mirror``             the mirror folder of the census: which source and file holds what
=====================  =================================================================
"""
