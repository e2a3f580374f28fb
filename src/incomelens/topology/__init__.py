"""topology: on what land do the network's maps fall, and what do neighbouring classes change.

The second half of Levy Abitbol & Karsai (2020): activation ratios and probabilities of urban
classes ("Univariate correlations", H0), coactivation and co-appearance gains of pairs ("Bivariate
correlations", H1). ``ratios``, ``pairs``, ``intensities`` and ``adjustment`` hold the
measures, ``resampling`` their intervals, ``exchange``, ``repairing``, ``shuffling`` and
``hypotheses`` the two tests, all on arrays; ``levels`` says how often they err; ``class_tests`` and
``pair_tests`` test one group of tiles; ``inputs`` and ``pairings`` make arrays of the workflow's
tables, ``tables``, ``pair_tables`` and ``hypothesis_tables`` make tables of the results.
"""
