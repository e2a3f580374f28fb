# Which shards the tiles of a city are cut in; the configuration says how many, before anything runs.


def shards(city):
    number = config["city"][city]["shards"]
    return [f"<results>/tiles/{city}/{shard}.zarr" for shard in range(number)]
