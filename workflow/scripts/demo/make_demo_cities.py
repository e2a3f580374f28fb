"""Synthetic French cities, in the formats of INSEE, IGN and the Urban Atlas, and their truth."""

from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import write_table
from incomelens.demo.cities.city import make_cities
from incomelens.demo.cities.mirror import city_contents, planted_table, truth_table
from incomelens.demo.mirror import write_mirror

params = snakemake.params

with job(snakemake.log[0], threads=params.threads):
    seeds = [job_seed(params.seed, snakemake.rule, city["name"]) for city in params.cities]
    # The cores that this job was given: cities do not depend on how many are made at a time.
    cities = make_cities(params.cities, seeds, processes=snakemake.threads)
    write_mirror(city_contents(cities, threads=snakemake.threads), snakemake.output.mirror)
    write_table(truth_table(cities), snakemake.output.truth)
    write_table(planted_table(cities), snakemake.output.planted)
