"""Which fifth of its city's incomes a place belongs to, judging by its image.

Levy Abitbol & Karsai (2020), "Model description for SES inference": a network reads one tile and
gives a probability to each income class; every cell is predicted by a network that did not see it.

===================  ============================================================================
``network``          the network: a backbone, its pooling, a head
``backbones``        backbones by their names in timm
``lite0``            the one of the small studies, written out
``heads``            from features to probabilities of ordered classes
``architecture``     what a network is made of, for a table
``weights``          weights that a backbone begins with
``model_files``      a trained network on disk
``inputs``           images as a network reads them: scaled, flipped, drawn
``streams``          batches of tiles, from memory or read ahead
``devices``          where to compute, and how precisely
``training``         training a network, or the one that holds a fold out
``settings``         how a network is trained
``schedules``        the learning rate of the next epoch, and when to stop
``loop``             the loop over epochs
``steps``            the gradients of one batch
``optimisers``       optimisers of steps that are not compiled
``history``          what training came to, epoch by epoch
``checkpoint``       a training kept on disk after every epoch
``predict``          predicting the cells of a city, out of fold, or those of another
``baselines``        models to compare with: chance, neighbours, colour, features not trained
``baseline_task``    what a baseline is given of one fold, and what it gives back
``random_features``  random filters and ridge
``frozen_features``  features of the main network's backbone as it comes, and ridge
``frozen_views``     what a frozen backbone sees of every tile, once for all heads on it
``evaluation``       tables of scores of one city, models side by side
``network_scores``   scores of several networks of several cities
``transfer``         scores from city to city
``dates``            scores from date to date of the imagery
``income_scores``    how much of the log of income a method explains
``scored_cells``     cells of one table of predictions, checked
``metrics``          scores as functions of sums over cells
``intervals``        those sums over resampled cells and blocks
``calibration``      accuracy against certainty
``prediction_sets``  neighbouring classes that hold nine in ten incomes, calibrated out of fold
``set_coverage``     how many they hold, by class and block, and how large they are
===================  ============================================================================
"""
