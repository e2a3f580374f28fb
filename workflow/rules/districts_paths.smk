# Which files the districts of a level are read from.


# Files that the adapter of a level reads: registered sources, or the user's own tables.
def district_files(wildcards):
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
