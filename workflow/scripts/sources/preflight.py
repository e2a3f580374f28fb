"""What the study misses, how its cities are understood and what it will cost, before it runs."""

from functools import partial

from incomelens.cells.urban_classes import use_land_use_list
from incomelens.common.jobs import job
from incomelens.report.costs.foretold import costs_told
from incomelens.sources.fetching.origins import Places
from incomelens.sources.fetching.preflight import preflight
from incomelens.sources.fetching.registry import load_registry
from incomelens.tiles.understood import city_data, understand

with job(snakemake.log[0]) as log:
    params = snakemake.params
    use_land_use_list(params.classes)
    registry = load_registry(snakemake.input.registry)
    places = Places(**params.places)
    report = preflight(
        registry.files(params.sources),
        places=places,
        results=params.results,
        own_files=params.own_files,
        results_mb=params.results_mb,
        notes=params.notes,
    )
    city = partial(city_data, registry=registry, places=places, results=params.results)
    understood = understand(map(city, params.cities), cells=params.cells, **params.tiles)
    log.info("what the study needs (%s)\n%s", report.room(), report.text())
    log.info("what is understood of its cities\n%s", understood.text)
    costs = costs_told(
        params.targets,
        snakefile=params.snakefile,
        configured=params.configured,
        config=params.config,
        costs=params.costs,
        results=params.results,
        looked=dict(zip(params.config["cities"], understood.n_cells, strict=False)),
        raw_bytes=report.raw,
    )
    log.info("what it will cost\n%s", costs)
    report.with_problems(understood.problems).raise_if_missing()
    log.info("nothing is missing")
