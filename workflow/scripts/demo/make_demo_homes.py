"""Homes of the synthetic districts: sales, tax lots, images from above and from the street."""

from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import write_table
from incomelens.demo.districts.city import simulate_city
from incomelens.demo.districts.homes import draw_signals
from incomelens.demo.districts.homes_mirror import homes_contents
from incomelens.demo.mirror import write_mirror

with job(snakemake.log[0], threads=snakemake.params.threads):
    # The city of the rule make_demo_mirror.
    city = simulate_city(
        n_tracts=snakemake.params.n_tracts,
        n_zctas=snakemake.params.n_zctas,
        seed=job_seed(snakemake.params.seed, "make_demo_mirror"),
    )
    seed = job_seed(snakemake.params.seed, snakemake.rule)
    signals = draw_signals(city, strength=snakemake.params.signal, seed=seed)
    write_mirror(homes_contents(city, signals, seed=seed), snakemake.output.mirror)
    write_table(signals.reset_index(names="geoid"), snakemake.output.truth)
