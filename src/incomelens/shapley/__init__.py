"""What predicts income: exact Shapley values of the district study's Gaussian process.

The question of the stage is how much each variable, alone, in pairs and in groups, moves a
district's predicted income away from the average over a background, and how sure the model is of
it. Values are exact and interventional (deviation `shapley_explainer`); ``docs/shapley.md`` derives
the method.

========================  ========================================================================
``names``                 players of the games, and what the two games are called
``inputs``                the posterior mean, of one kernel or a sum, the players, and checks
``mixture``               a stationary kernel as a few Gaussians, with its largest error
``product_games``         one numba kernel a quantity: Shapley values and pairs of product games
``tile_loops``            the loops around a kernel, compiled once a machine
``compile_kernels``       all of that compiled before any job needs it
``engine``                what all exact computations share: nodes, distances, chunks, threads
``values``                exact Shapley values with an error bound known before the run
``interactions``          the pairwise Shapley interaction index and main effects
``evidence``              what the labels say: of training districts, or by inducing points
``uncertainty``           posterior variance of every Shapley value
``dependence``            what one player alone does, term by term, with its posterior variance
``marginal_factors``      a sum of kernels as products of functions of one player each
``variance_effects``      shares of the predictions' variance that independent players make
``global_effects``        both of a task
``background``            k-means points, random rows or all rows, with weights
``explainers``            exact values or the paper's likely procedure, one result type
``library_kernels``       kernels of scikit-learn, GPyTorch and GPy, read as sums of terms
``library_models``        their fitted Gaussian processes, held to their own predictions
``libraries``             these explained, for the plots of ``shap``
``other_games``           the games of shapiq's product kernels and of GeoShapley, exact too
``groups``                summaries over districts: means, directions, ranks, Table 5's tests
``task``                  a fitted GP of a task as model, background and sample
``runs``                  what the workflow computes for a task, with its checks
``comparisons``           the same beside other backgrounds and the kernel explainer
``summaries``             groups, variables and both incomes over all tasks, with intervals
``tables``                the only module that knows the columns of the contract
========================  ========================================================================
"""
