# Which modalities a study has, and which files they are read from.

import os

from incomelens.common.errors import InputError
from incomelens.sources.fetching.plan import siamese_modalities

SIAMESE = config["siamese"]

# Of prices, satellite, street_view: those that are configured, and for Google's Street View only
# with the user's key in the environment.
SIAMESE_MODALITIES = siamese_modalities(SIAMESE, os.environ)
IMAGE_MODALITIES = [name for name in SIAMESE_MODALITIES if name != "prices"]


# A column for a level that there is not would say nothing; the paper's two may stay.
unknown_levels = set((SIAMESE["prices"] or {}).get("district_columns") or {})
unknown_levels -= {*LEVELS, "tract", "zip"}
if unknown_levels:
    raise InputError(
        f"siamese.prices.district_columns: {', '.join(sorted(unknown_levels))} is no level of "
        f"this study; districts.levels has {', '.join(LEVELS)}"
    )


# Settings of a modality; a target that needs one which the study lacks says so.
def modality_settings(name):
    if SIAMESE.get(name) is None:
        raise InputError(f"this study has no siamese.{name} in its configuration")
    return SIAMESE[name]


# Sales, and where their tax lots lie.
def sales_files(wildcards):
    settings = modality_settings("prices")
    if settings["reader"] == "located":
        return {"sales": own_inputs([settings["table"]])}
    lots = settings.get("lots")
    return {
        "sales": source_files(settings["source"]),
        "lots": source_files(lots) if lots else [],
    }


def satellite_files(wildcards):
    return [
        path
        for source in modality_settings("satellite")["sources"]
        for path in source_files(source)
    ]


# A folder of images, or an archive of one; nothing where they are fetched from Google.
def street_view_files(wildcards):
    settings = modality_settings("street_view")
    if settings["reader"] == "google":
        return []
    if settings.get("folder"):
        return own_inputs([settings["folder"]])
    return source_files(settings["source"])


# Inputs of the baselines, of every modality that the study has.
def siamese_input_files():
    prices = (
        expand("<results>/siamese/prices-{level}.parquet", level=LEVELS)
        if "prices" in SIAMESE_MODALITIES
        else []
    )
    images = expand(
        "<results>/siamese/images-{modality}-{level}.{ending}",
        modality=IMAGE_MODALITIES,
        level=LEVELS,
        ending=["zarr", "csv"],
    )
    return prices + images
