"""What was run, and one page that shows everything: the last room, which computes nothing.

=================  ==========================================================================
``benchmarks``     durations and memory of every job, read from what Snakemake measured
``provenance``     versions, configuration, code, seeds, sources and costs of one study
``published``      the study's tables and figures with their captions
``table_text``     a published table, read back from its Markdown
``layout``         spanners, verdicts and footnotes of such a table on a page
``pictures``       a figure inside a page
``map_layers``     what one map of the page can show, and in which colours
``city_map``       cells of a city: classes, incomes, activation
``district_map``   districts: incomes, predictions, Shapley values
``abstract``       what was run, in numbers, and what the study lacks
``page``           everything together, in one file that needs no network
=================  ==========================================================================
"""
