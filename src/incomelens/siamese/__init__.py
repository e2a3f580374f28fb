"""siamese: the five image-and-price baselines that the district paper compares SSIG with.

Their source (IEEE Access 2020) is known in outline only; what stands here is the documented reading
`reconstruction-v1` (config/deviations.yaml). A baseline that lacks a modality says so in its name.

====================  ==========================================================================
``names``             modalities, the five models, suffixes for what a model lacks
``images``            images of districts, one store a modality
``embeddings``        one vector an image from a backbone of timm, and their mean a district
``modalities``        what a district shows: prices, mean embeddings, place
``scaling``           inputs of the branches, reduced and scaled by training districts only
``network``           one encoder for both members of a pair, an exactly antisymmetric head
``pair_training``     learning from pairs inside the training fold
``pair_model``        the trained network with its anchors: income by comparison
``fine_tuning``       backbones that learn from the training fold as well (an option)
``inner_folds``       folds of the training districts, for columns that must be out of fold
``final_stages``      what is fitted on learned features: forest, Gaussian process, double ridge
``models``            the five models of one fold
``cross_validation``  out-of-fold predictions of all models, and of the modality ablation
``scores``            scores on a model's own coverage and on the districts that all models share
``study``             what a study brings: settings from its configuration, data from its files
``ablation``          scores of each modality alone and of all others without it
====================  ==========================================================================
"""
