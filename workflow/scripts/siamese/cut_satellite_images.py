"""Images of the districts of a level from above, and how many each district has."""

from incomelens.common.jobs import job
from incomelens.common.left_out import left_out_table
from incomelens.common.tables import read_table, write_table
from incomelens.siamese.inputs.satellite import cut_squares

with job(snakemake.log[0], threads=snakemake.params.threads):
    settings = snakemake.params.settings
    counts, left_out = cut_squares(
        read_table(snakemake.input.squares),
        read_table(snakemake.input.listing),
        snakemake.input.orthophotos,
        geoids=read_table(snakemake.input.districts)["geoid"].tolist(),
        px=settings["px"],
        max_void_share=settings["max_void_share"],
        out=snakemake.output.images,
        threads=snakemake.params.threads,
        bands=settings.get("bands"),
        void=settings.get("void_colours"),
    )
    write_table(counts, snakemake.output.counts)
    write_table(
        left_out_table(left_out, stage="siamese", of=snakemake.wildcards.level),
        snakemake.output.left_out,
    )
