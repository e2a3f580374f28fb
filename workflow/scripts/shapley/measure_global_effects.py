"""What a process says globally: partial dependence with bands, and shares of the variance."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.shapley.global_effects import dependences, independent_effects
from incomelens.shapley.tables import dependence_table, location_table, variance_table
from incomelens.shapley.task import load_tasks

files, params, output = snakemake.input, snakemake.params, snakemake.output

with job(snakemake.log[0], threads=params.threads):
    districts = read_table(files.districts)
    (task,) = load_tasks(
        [files.arrays],
        [files.description],
        [snakemake.wildcards],
        districts=[districts],
        **params.explained,
    )
    found = dependences(task)
    write_table(dependence_table(task, found, districts), output.dependence)
    write_table(location_table(task, found, districts), output.location)
    effects = independent_effects(task, threads=params.threads)
    write_table(variance_table(task, effects), output.variance)
