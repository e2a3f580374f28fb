"""siamese: the five image-and-price baselines that the district study compares itself with.

Bai, Lam & Li (2023), Table 3; the models' own paper (IEEE Access 2020) is known in outline only,
and what is built here is the documented reading `reconstruction-v1` (deviation
`baselines_reading`). A baseline that lacks a modality says so in its name.

====================  ===========================================================================
``inputs``            inputs of a district, none of which knows any income
``models``            models on these inputs, trained inside the training fold
``names``             modalities, the five models, suffixes for what a model lacks
``cross_validation``  out-of-fold predictions of all models, and of the modality ablation
``scores``            scores on a model's own coverage and on the districts that all models share
``study``             what a study brings: settings from its configuration, data from its files
``ablation``          scores of each modality alone and of all others without it
====================  ===========================================================================
"""
