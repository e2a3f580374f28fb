"""What was run, and one page that shows everything: the last room, which computes nothing.

=================  ==========================================================================
``provenance``     versions, configuration, code, seed, sources and costs of one study
``costs``          what a run will cost, told before it runs
``exhibits``       the study's tables and figures, read from what each tells of itself
``map``            what the interactive map shows: layers, cities, districts
``abstract``       what was run, in numbers, and what the study lacks
``expected``       the study's numbers beside those that it is expected to give
``ro_crate``       the study as an RO-Crate, for archives and other software
``page``           everything together, in one file that needs no network
``differences``    what differs between the tables of two studies, cell by cell
``against``        a page that sets one study, or run, beside another
=================  ==========================================================================
"""
