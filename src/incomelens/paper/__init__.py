"""What the reader of the papers sees: their tables and figures, rebuilt, beside the printed values.

No quantity is computed here. A table is laid out from tables that earlier stages wrote, a figure
is drawn from them, and both carry the paper's number; claims are judged by comparing their numbers.

======================  =================================================================
``names``               what districts, variables, models, folds and scores are called in print
``reference``           the papers' printed values, one slot a cell (`config/paper_reference.yaml`)
``deviations``          where we read the papers our way, and why (`config/deviations.yaml`)
``published``           a table ready to print: the numbers, the layout, the notes
``ssig_tables``         Tables 1, 2, S1 and S2 of the district paper, and the list of deviations
``table_3``             its Table 3: SSIG and the image-and-price baselines
``modality_ablation``   what each modality is worth to the baselines
``validation_tables``   its Table 4, and all models under all folds
``style``               one palette, the journal's widths and fonts, files equal on every run
``maps``                choropleths in a local equal-area projection, with scale bar and legend
``ssig_figures``        Fig. 1 of the district paper, income maps
``scheme_dots``         what both draw: scores with intervals, a colour a scheme
``validation_figures``  scores under random folds, spatial blocks and unseen areas
``shapley_figures``     Figs. 2-5 of the district paper
``table_5``             its Table 5 and the filter that selects variables there
``evidence``            what a study says that a claim can be held against
``claims``              what a claim is, and how its cases decide it
``claim_cases``         cases for and against a claim, found in a study's outputs
``claim_list``          every qualitative claim of the district paper, with the rule that decides
``ledger``              the claims ledger: all claims, both readings, all folds
``aerial_*``            the aerial study's data: Table 1, Fig. 1, sample sizes, income maps
``inference_*``         its predictions: Figs. 2 and 3, the network, all models, folds and cities
``topology_*``          its activation: Figs. 4-6, hypotheses, values, its claims ledger
``trust_*``             what the maps can be trusted with, from the study `validation`
======================  =================================================================
"""
