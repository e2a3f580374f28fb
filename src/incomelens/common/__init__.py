"""What every stage needs and none owns: errors, logs, progress, seeds, files and tables.

====================  ===================================================================
``errors``            the one exception meant for people
``jobs``              what surrounds a job: its log, its threads, its errors
``lifetimes``         processes that do not outlive the one they work for
``progress``          a bar on a terminal, plain lines in a log
``seeds``             random generators from the study's seed and the job's name
``files``             files that are written whole or not at all
``finished_parts``    parts of a long job, so that a killed one goes on where it was
``names``             names and sizes that stages share
``labels``            what the income of a cell is, in which unit, of which year
``yaml_files``        YAML written by hand, held to a JSON Schema
``configuration``     what YAML reads as something else than was written
``config_reference``  the page of all settings, made from their schema
``contracts``         what stands in the tables that stages write, column by column
``tables``            reading and writing tables by their ending
``left_out``          what was left out, filled or looks odd: one form of table
``places``            whether two things that are joined lie in one place
``metres``            shapes in a reference system that counts in metres
``compiling``         functions compiled by numba, kept on disk where possible
``code_digest``       which modules of the package a script or module uses, as one digest
====================  ===================================================================
"""
