"""Mean curves of deletion and insertion over the probed cities, and the areas under them."""

from incomelens.attribution.curve_areas import area_table, mean_curves
from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table

with job(snakemake.log[0], threads=snakemake.params.threads):
    curves = dict(
        zip(snakemake.params.cities, map(read_table, snakemake.input.curves), strict=True)
    )
    areas = area_table(
        curves,
        n_resamples=snakemake.params.n_resamples,
        seed=job_seed(snakemake.params.seed, snakemake.rule),
    )
    write_table(areas, snakemake.output.areas)
    write_table(mean_curves(curves), snakemake.output.curves)
