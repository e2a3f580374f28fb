# Where the fold models of a city lie.


# One file, such as weights.safetensors, of the model of every fold.
def fold_models(city, scheme, network, file):
    return [
        f"<results>/inference/{city}/{scheme}/{network}/{fold}/{file}"
        for fold in range(config["folds"]["cities"]["n_folds"])
    ]


# What predicting with the models of a city needs.
def trained_models(wildcards):
    place = (wildcards.city, wildcards.get("scheme", TRANSFER_SCHEME))
    network = wildcards.get("network", "main")
    return {
        "weights": fold_models(*place, network, "weights.safetensors"),
        "settings": fold_models(*place, network, "model.json"),
    }


# The tiles of a city, as whoever reads them needs them.
def tiles_of(city):
    return {"index": f"<results>/tiles/{city}/index.parquet", "shards": shards(city)}


# What the best fold is chosen by, where one model explains the whole city.
def histories_to_choose_from(wildcards):
    if config["attribution"]["model_choice"] == "out_of_fold":
        return []
    network = wildcards.get("network", "main")
    return fold_models(wildcards.city, wildcards.scheme, network, "history.csv")
