# Where the inputs of the baselines lie, in the order of the study's modalities.


# One path an image modality, at the level of a rule.
def of_images(kind, ending):
    return [
        f"<results>/siamese/{kind}-{modality}-{{level}}.{ending}"
        for modality in IMAGE_MODALITIES
    ]


# What the districts of a level show; the images themselves only where a backbone learns.
def shown_files():
    prices = ["<results>/siamese/prices-{level}.parquet"]
    return {
        "prices": prices if "prices" in SIAMESE_MODALITIES else [],
        "embeddings": of_images("embeddings", "parquet"),
        "images": (
            of_images("images", "zarr") if SIAMESE["fine_tuning"]["epochs"] else []
        ),
    }


# Settings that the models depend on; the inputs' own settings are no business of theirs.
MODEL_SETTINGS = {
    key: SIAMESE[key]
    for key in (
        "models",
        "double_ridge",
        "missing",
        "embedding",
        "fine_tuning",
        "training",
        "final",
        "inner_folds",
        "ablation",
        "device",
    )
}


# A table that exists where the study has a modality, as a list of one or none.
def of_baselines(file):
    return [f"<results>/siamese/{file}"] if SIAMESE_MODALITIES else []
