"""Make one table or figure of a paper, by the module that its rule names."""

from incomelens.cells.urban_classes import use_land_use_list
from incomelens.common.jobs import job
from incomelens.paper.exhibit import filled_caption, make

with job(snakemake.log[0], threads=snakemake.threads):
    params = dict(snakemake.params.items())
    module, told, _ = (params.pop(name) for name in ("module", "told", "code"))
    if "classes" in params:
        use_land_use_list(params.pop("classes"))
    exhibit = make(
        module,
        inputs=dict(snakemake.input.items()),
        settings=params,
        offered={**dict(snakemake.wildcards.items()), "threads": snakemake.threads},
    )
    told |= {"target": snakemake.rule, "caption": filled_caption(told["caption"], snakemake)}
    exhibit.write(dict(snakemake.output.items()), told=told)
