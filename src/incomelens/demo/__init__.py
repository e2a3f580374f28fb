"""A synthetic world, written in the providers' own formats and layouts (a *mirror*).

Nothing after the stage ``sources`` knows that it is one. Its truth is known: later tests compare
what the models find with what was put in.

=================  ==============================================================
``city_map``       where the synthetic city lies: tracts, counties, ZCTAs
``smooth_field``   random fields, from which people and land use are drawn
``city_people``    who lives there and what they earn: a known function
``district_city``  the city at both levels
``census_format``  its tables and boundaries as the US Census Bureau would write them
``homes``          how far prices and images of its districts tell their income
``home_sales``     what its homes sold for, on which lots
``*_picture``      what its districts look like from above and from the street
``homes_mirror``   the mirror of all that
``mirror``         its mirror folder: which source and file holds what
``aerial_*``       cities seen from the air: plan, use, objects, picture, people, mirror
``*_format``       files as INSEE, the Urban Atlas, IGN and New York would write them
=================  ==============================================================
"""
