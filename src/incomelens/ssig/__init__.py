"""ssig: how well a Gaussian process predicts district income from census variables and place.

The Socio-economic and Spatial-Information-GP of Bai, Lam & Li (2023), its ablations and the models
it should be compared with, all under the same folds.

=======================  ====================================================================
``features``             which columns a model reads, as matrices
``scaling``              z-scores from training districts only
``likelihood``           log marginal likelihood of a Matérn-3/2 GP and its gradient, in closed form
``search``               how the hyperparameters are found, in few evaluations
``terms``                the kernels of a sum, and which the model of given inputs has
``sum_likelihood``       log marginal likelihood of a sum of kernels and its gradient
``sum_space``            priors of a sum's hyperparameters
``additive``             the successor: a sum of kernels on log income, and what it predicts
``fit_additive``         its fit
``fit``                  the five modes: literal, fixed_lengthscale, optimised, ard, additive
``gp``                   a fitted GP, and its weights for Shapley values
``inducing``             a process of many districts by way of a few
``prediction``           income of districts by a fitted GP
``gpytorch_matern``      the same of a Matérn process, through GPyTorch
``storage``              a fitted GP on disk: safetensors and JSON
``references``           linear models, forests, boosting, copy-the-neighbours
``gwr``                  geographically weighted regression
``inner_blocks``         spatial folds inside the training districts, which settings are chosen by
``out_of_fold``          what cross-validation shares: splits, and rows of predictions
``gp_folds``             out-of-fold predictions of the Gaussian processes
``reference_folds``      out-of-fold predictions of the reference models
``scores``               r², CoD, RMSE, MAE, coverage: per fold, pooled, with intervals
``applicability``        dissimilarity index: where a model has seen the like
``conformal``            90 % intervals calibrated on the errors of other folds
``coverage``             how many districts lie in them, by group
``fold_seeds``           scores over the size of blocks, and over how they fall
``fold_seed_summary``    their means, spreads and differences
``decisions``            who of the poorest is reached, and how much models shrink
``diagnostics``          what is left in the residuals: Moran's I, errors by group
=======================  ====================================================================
"""
