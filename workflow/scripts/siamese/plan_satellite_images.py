"""Squares of ground inside each district, and the orthophotos that they need, unpacked."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.siamese.inputs.satellite import choose_squares, orthophotos_of
from incomelens.sources.readers.orthophotos import extract_orthophotos, list_orthophotos

with job(snakemake.log[0], threads=snakemake.params.threads):
    settings = snakemake.params.settings
    listing = list_orthophotos(
        snakemake.input.imagery,
        reader=settings["reader"],
        crs=settings.get("crs"),
        bands=settings.get("bands"),
    )
    squares = [
        choose_squares(
            read_table(districts),
            level=level,
            side_m=settings["side_m"],
            n_images=settings["images"],
            seed=snakemake.params.seed,
        )
        for level, districts in zip(snakemake.params.levels, snakemake.input.districts, strict=True)
    ]
    needed = orthophotos_of(squares, listing, max_void_share=settings["max_void_share"])
    extracted = extract_orthophotos(
        needed, snakemake.output.orthophotos, bands=settings.get("bands")
    )
    write_table(extracted, snakemake.output.listing)
    for table, path in zip(squares, snakemake.output.squares, strict=True):
        write_table(table, path)
