"""Models on a district's inputs, trained inside the training fold.

=================  ==========================================================================
``embeddings``     one vector an image from a backbone, and their mean a district
``modalities``     what a district shows: prices, mean embeddings, place
``scaling``        inputs of the branches, reduced and scaled by training districts only
``network``        one encoder for both members of a pair, an exactly antisymmetric head
``pair_training``  learning from pairs inside the training fold
``pair_model``     the trained network with its anchors: income by comparison
``fine_tuning``    backbones that learn from the training fold as well (an option)
``inner_folds``    folds of the training districts, for columns that must be out of fold
``final_stages``   what is fitted on learned features: forest, Gaussian process, double ridge
``fold_models``    the five models of one fold
=================  ==========================================================================
"""
