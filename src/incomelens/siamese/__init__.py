"""siamese: the five image-and-price baselines that the district study compares itself with.

Bai, Lam & Li (2023), Table 3; the models' own paper (IEEE Access 2020) is known in outline only,
and what is built here is the documented reading `reconstruction-v1` (config/deviations.yaml). A
baseline that lacks a modality says so in its name. Inputs of a district, none of which knows any
income:

=======================  ========================================================================
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
=======================  ========================================================================

Models on these inputs:

====================  ===========================================================================
``names``             modalities, the five models, suffixes for what a model lacks
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
====================  ===========================================================================
"""
