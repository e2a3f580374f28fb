# Which files the districts of a level are read from, and what hangs on how many there are.

from dataclasses import asdict

from incomelens.districts.sizes import check_most, sizes_of

SIZES = sizes_of(config)


# The synthetic city's size is known before it is made.
def check_demo_size(level):
    settings = config["districts"][level]
    if PLACES["demo"] and settings["adapter"] == "census":
        key = "n_zctas" if "relationship" in settings else "n_tracts"
        check_most(config["demo"][key], SIZES, level=level, because=f"demo.{key}")


# Files that the adapter of a level reads: registered sources, or the user's own tables.
def district_files(wildcards):
    check_demo_size(wildcards.level)
    settings = config["districts"][wildcards.level]
    return {"census": census_files, "table": own_files}[settings["adapter"]](settings)


def census_files(settings):
    single = [key for key in ("boundaries", "relationship") if key in settings]
    return {
        "tables": source_files(settings["tables"]),
        **{key: source_files(settings[key])[0] for key in single},
    }


def own_files(settings):
    names = {
        key: settings[key] for key in ("table", "boundaries_table") if key in settings
    }
    if "areas_from" in settings:
        names["areas_from"] = settings["areas_from"]["table"]
    return {key: own_input(name) for key, name in names.items()}
