# What tables and figures of the aerial study are made from.

# The city of the figures that show one; a study without cities has none.
FIRST_CITY = CITIES[0] if CITIES else None
CITY_NAMES = {city: config["city"][city]["name"] for city in CITIES}


# In the parameters of an exhibit of one city.
def name_of_city(wildcards):
    return CITY_NAMES[wildcards.city]


# What the registry says of the sources of every city, by city and kind of data.
def registry_of_cities():
    return {
        city: {
            kind: list(told_of_sources(sources_of_kind(city, kind)).values())
            for kind in ("income", "imagery", "land_use")
        }
        for city in CITIES
    }


# A table of the stage inference, of every city under one scheme or under all.
def inferred(file, schemes=CITY_SCHEMES):
    return expand(
        "<results>/inference/{city}/{scheme}/{file}",
        city=CITIES,
        scheme=schemes,
        file=file,
    )


# A figure of the aerial paper for every city, or for those given.
def city_figures(stem, cities=CITIES):
    return expand(
        "<results>/paper/aerial/{stem}_{city}.{format}",
        stem=stem,
        city=cities,
        format=["pdf", "png", "json"],
    )
