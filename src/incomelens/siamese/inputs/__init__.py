"""Inputs of a district, none of which knows any income.

=======================  ======================================================================
``sales_sources``        sales from whichever source a study has
``sales``                which sales are sales of homes at a market price, and what is left out
``locate``               where a sale lies, by its tax lot
``prices``               what homes of a district sold for, as one vector
``district_images``      which district an image belongs to, and how many each district has
``satellite``            squares of ground inside each district, cut from orthophotos
``street_view_sources``  photographs from whichever source a study has
``street_views``         photographs taken in each district
``image_store``          images of one modality on disk, written
``images``               the same, read in batches
=======================  ======================================================================
"""
