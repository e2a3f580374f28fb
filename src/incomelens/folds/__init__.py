"""folds: which unit is held out when.

One file a level (or city) and scheme, read by every model of a study, so that two scores differ by
their model and never by their split. ``districts`` makes the folds of the district study,
``cells`` those of the aerial study out of the cells that ``kept`` names, and ``training`` says what
may be learnt from while a fold is held out.
"""
