# What the districts of a study show beside the census: its modalities.

SIAMESE = config["siamese"]

# In the order in which names say what a model lacks.
SIAMESE_MODALITIES = [
    modality
    for modality in ("prices", "satellite", "street_view")
    if SIAMESE.get(modality)
]
IMAGE_MODALITIES = [name for name in SIAMESE_MODALITIES if name != "prices"]
