"""What the reader of the papers sees: their tables and figures, rebuilt, beside the printed values.

Nothing is computed here. A table is laid out from tables that earlier stages wrote, a figure is
drawn from them, and both carry the paper's number.

======================  =================================================================
``names``               what districts, variables, models, folds and scores are called in print
``reference``           the papers' printed values, one slot a cell (`config/paper_reference.yaml`)
``deviations``          where we read the papers our way, and why (`config/deviations.yaml`)
``published``           a table ready to print: the numbers, the layout, the notes
``ssig_tables``         Tables 1, 2, S1 and S2 of the district paper, and the list of deviations
``validation_tables``   its Tables 3 and 4, and all models under all folds
``style``               one palette, the journal's widths and fonts, files equal on every run
``maps``                choropleths in a local equal-area projection, with scale bar and legend
``ssig_figures``        Fig. 1 of the district paper, income maps
``validation_figures``  scores under random folds, spatial blocks and unseen areas
``shapley_figures``     Figs. 2-5 of the district paper
======================  =================================================================
"""
