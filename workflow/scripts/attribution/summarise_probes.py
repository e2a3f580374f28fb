"""Checks of all probed cities together: curves and their areas, similarities, mirror property."""

from incomelens.attribution.curve_areas import area_table, mean_curves
from incomelens.attribution.probe_summaries import mirror_summary, similarity_summary
from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table

with job(snakemake.log[0], threads=snakemake.params.threads):
    params, given, output = snakemake.params, snakemake.input, snakemake.output
    curves, similarities, mirrors = (
        dict(zip(params.cities, map(read_table, paths), strict=True))
        for paths in (given.curves, given.similarities, given.mirrors)
    )
    seed = job_seed(params.seed, snakemake.rule)
    write_table(area_table(curves, n_resamples=params.n_resamples, seed=seed), output.areas)
    write_table(mean_curves(curves), output.curves)
    write_table(similarity_summary(similarities), output.similarity)
    write_table(mirror_summary(mirrors), output.mirror)
