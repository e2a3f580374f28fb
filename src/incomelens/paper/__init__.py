"""What the reader of the papers sees: their tables and figures, rebuilt, beside the printed values.

No quantity is computed here. A table is laid out from tables that earlier stages wrote, a figure
is drawn from them, and both carry the paper's number; claims are judged by comparing their numbers.

==============  ==================================================================
``names``       what districts, variables, models, folds and scores are called in print
``exhibit``     a table or figure, and how one script makes all of them
``table``       the cells of a table and what is told below it
``forms``       the same cells as Markdown, LaTeX and HTML
``reference``   the papers' printed values, one slot a cell (`config/paper_reference.yaml`)
``deviations``  where we read the papers our way, and why (`config/deviations.yaml`)
``draw``        style, maps, grids, dots, classes: what several figures draw alike
``aerial``      tables and figures of the aerial paper, a module each, named like its target
``ssig``        the same of the district paper
``validation``  the same of the study `validation`: what the maps can be trusted with
``claims``      the rule of all verdicts, both papers' claims, findings of `validation`
==============  ==================================================================

What many exhibits take is described here once:

=====================  =================================================================
``reference``          the papers' printed values
``names``              names of the cities in print by key, in the order of their tables
``city``, ``name``     one of them, and its name
``levels``             names of the levels of districts in print by key, in their order
``level``, ``income``  a task of the district study; ``mode``: what of its models was fitted
``scheme``             of the folds; ``schemes``: of the tables given, in their order
``places``             (city, scheme) of every table given, in their order
``networks``           the configuration's `inference.networks`
``threads``            so many read tiles
=====================  =================================================================
"""
