"""A synthetic city of districts, in the formats of the US Census Bureau."""

from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.demo.districts.city import simulate_city
from incomelens.demo.districts.mirror import census_contents
from incomelens.demo.mirror import write_mirror

with job(snakemake.log[0], threads=snakemake.params.threads):
    city = simulate_city(
        n_tracts=snakemake.params.n_tracts,
        n_zctas=snakemake.params.n_zctas,
        seed=job_seed(snakemake.params.seed, snakemake.rule),
    )
    write_mirror(census_contents(city), snakemake.output.mirror)
