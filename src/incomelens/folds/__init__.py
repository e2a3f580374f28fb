"""folds: which unit is held out when.

One file a level (or city) and scheme, read by every model of a study, so that two scores differ by
their model and never by their split.

==================  ======================================================================
``districts``       folds of the district study: random, by spatial blocks, by area, kNNDM
``splits``          folds for anybody's points, as scikit-learn takes them
``knndm``           folds that are as far from training as the places that a map is for
``distances``       those distances, and how well the schemes of folds match them
``cells``           folds of the aerial study: random, by spatial blocks, shared labels, or area
``kept``            the cells that are studied
``income_classes``  fifths of a city's incomes, which the network predicts
``blocks``          blocks of neighbours, shared out among folds
``variogram``       how far income resembles itself
``buffer``          districts around a fold that nothing is learnt from
``leakage``         what a split leaks where cells share labels
``training``        what may be learnt from while a fold is held out
``resampling``      intervals of scores, over units and over blocks
``comparison``      two models compared fold by fold
``conformal``       the quantile of held-out errors that holds nine in ten
==================  ======================================================================
"""
