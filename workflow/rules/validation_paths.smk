# Which cities and networks the study `validation` looks at, and where their tables lie.

VALIDATION = config["validation"]
# Synthetic cities: what their pictures show is known.
WORLDS = [city for city in config["demo"]["cities"] if city in CITIES]
WORLD_NAMES = {city: config["city"][city]["name"] for city in WORLDS}
WORLD_STYLES = {city: config["demo"]["cities"][city]["style"] for city in WORLDS}
# The first cities of each style.
PROBES = [
    city
    for style in dict.fromkeys(WORLD_STYLES.values())
    for city in [world for world in WORLDS if WORLD_STYLES[world] == style][
        : VALIDATION["probes"]
    ]
]
# Networks of all worlds, and of the probed ones; shuffled labels, another seed, another head.
NETWORKS = ["main", *VALIDATION["everywhere"]]
PROBE_NETWORKS = ["main", *VALIDATION["networks"]]
VALIDATION_SCHEME = CITY_SCHEMES[0] if CITY_SCHEMES else "random"

# City and network of everything that is trained.
TRAINED = [
    (city, network)
    for city in WORLDS
    for network in PROBE_NETWORKS
    if network in NETWORKS or city in PROBES
]


# A file of every city and network in a list of pairs.
def of_networks(pattern, pairs):
    return [
        pattern.format(city=city, network=network, scheme=VALIDATION_SCHEME)
        for city, network in pairs
    ]


# A file of every probed city.
def of_probes(pattern):
    return expand(pattern, city=PROBES, scheme=VALIDATION_SCHEME)


# A file of one city for each probed network.
def of_probe_networks(pattern):
    return lambda wildcards: [
        pattern.format(network=network, **wildcards) for network in PROBE_NETWORKS
    ]


# The fold models of all probed networks of a city, a list of weights and of settings.
def probed_models(wildcards):
    place = (wildcards.city, wildcards.scheme)
    return {
        name: [
            path
            for network in PROBE_NETWORKS
            for path in fold_models(*place, network, file)
        ]
        for name, file in (
            ("weights", "weights.safetensors"),
            ("settings", "model.json"),
        )
    }
