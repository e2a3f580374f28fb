# What the districts of a study show beside the census: its modalities.

# In the order in which names say what a model lacks.
SIAMESE_MODALITIES = [
    modality
    for modality in ("prices", "satellite", "street_view")
    if config["siamese"].get(modality)
]
