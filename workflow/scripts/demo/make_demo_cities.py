"""Synthetic French cities, in the formats of INSEE, IGN and the Urban Atlas, and their truth."""

from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import write_table
from incomelens.demo.aerial_city import make_city
from incomelens.demo.aerial_mirror import planted_table, truth_table, write_city_mirror

with job(snakemake.log[0], threads=snakemake.params.threads):
    cities = [
        make_city(
            **settings,
            index=index,
            seed=job_seed(snakemake.params.seed, snakemake.rule, settings["name"]),
        )
        for index, settings in enumerate(snakemake.params.cities)
    ]
    write_city_mirror(cities, snakemake.output.mirror)
    write_table(truth_table(cities), snakemake.output.truth)
    write_table(planted_table(cities), snakemake.output.planted)
