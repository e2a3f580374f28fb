"""What a run will cost, told before it runs from what runs have cost.

============  ====================================================================================
``planned``   the jobs that Snakemake would run, from its own dry run
``sizes``     how large a job is: what its processor time, memory and disk grow with
``counts``    cells of every city and districts of every level, as far as they are known
``measured``  costs of a finished study, by rule and size of the job; the file that keeps them
``growth``    how a cost grows with the size of the job: a start and so much for every unit
``foretold``  costs of planned jobs by stage, and where they are extrapolated or not measured
============  ====================================================================================
"""
