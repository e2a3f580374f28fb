"""What a configuration asks for, as the rules read it.

No stage of its own: the rules of every stage read from here, and no stage imports it. A path begins
with ``<results>``, the folder of the study, which Snakemake fills in.

==============  ==================================================================================
``dates``       further dates of imagery, as entries of their own
``first_look``  where the data of every city lie, for the check before a run
``identities``  cities, levels, incomes, folds, modes, modalities and tasks
``raw_files``   sources of each part of the study, and which raw files each job reads
``results``     where what the jobs of one stage make is found by those of another
``worlds``      synthetic cities and networks of the study `validation`
==============  ==================================================================================
"""

from incomelens.study.dates import with_dates
from incomelens.study.first_look import looked_at
from incomelens.study.identities import Study
from incomelens.study.raw_files import RawFiles
from incomelens.study.results import Results
from incomelens.study.worlds import Worlds

__all__ = ["RawFiles", "Results", "Study", "Worlds", "looked_at", "with_dates"]
