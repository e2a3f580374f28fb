# demo: synthetic cities, written in the providers' own formats and layouts as a mirror folder.
#
# Nothing after `sources` knows that it is one: a study whose `mirror` is this folder reads it as if
# the files came from the providers.

CENSUS_TABLES = ["B19301", "B19013", "B15003", "B23025", "B01001", "B02001"]

DEMO_FILES = [
    *[f"acs5_2019_tract/{table}.json" for table in CENSUS_TABLES],
    *[f"acs5_2019_zcta/{table}.json" for table in CENSUS_TABLES],
    "cb_2018_tract/cb_2018_36_tract_500k.zip",
    "cb_2018_zcta/cb_2018_us_zcta510_500k.zip",
    "zcta_county_2010/zcta_county_rel_10.txt",
]


use rule scripted as make_demo_mirror with:
    output:
        mirror=[f"<results>/demo/mirror/{file}" for file in DEMO_FILES],
    pathvars:
        job="demo/make_demo_mirror",
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        **run_by("demo/make_demo_mirror"),
        seed=config["seed"],
        n_tracts=config["demo"]["n_tracts"],
        n_zctas=config["demo"]["n_zctas"],


DEMO_HOMES = [
    *[
        f"dof_sales_2019/2019_{borough}.xlsx"
        for borough in ("manhattan", "bronx", "brooklyn", "queens", "statenisland")
    ],
    "pluto_19v2/nyc_pluto_19v2_csv.zip",
    "synthetic_satellite/synthetic_satellite_west.tif",
    "synthetic_satellite/synthetic_satellite_east.tif",
    "synthetic_street_views/synthetic_street_views.zip",
]


use rule scripted as make_demo_homes with:
    output:
        mirror=[f"<results>/demo/mirror/{file}" for file in DEMO_HOMES],
        truth="<results>/demo/homes.parquet",
    pathvars:
        job="demo/make_demo_homes",
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        **run_by("demo/make_demo_homes"),
        seed=config["seed"],
        n_tracts=config["demo"]["n_tracts"],
        n_zctas=config["demo"]["n_zctas"],
        signal=config["demo"]["signal"],


use rule scripted as make_demo_cities with:
    output:
        mirror=[f"<results>/demo/mirror/{label}" for label in RAW.of_demo_cities()],
        truth="<results>/demo/truth.parquet",
        planted="<results>/demo/planted.csv",
    pathvars:
        job="demo/make_demo_cities",
    # Not arithmetic threads: cities that are made at a time.
    threads: max(1, len(config["demo"]["cities"]))
    resources:
        mem_mb=memory(1000 + 500 * len(config["demo"]["cities"])),
        runtime=minutes(10 + len(config["demo"]["cities"])),
    params:
        **run_by("demo/make_demo_cities"),
        seed=config["seed"],
        cities=RAW.demo_city_settings(),
