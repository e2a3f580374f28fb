"""Supplementary Fig. 1: the main network, its shapes measured on one tile."""

from incomelens.common.jobs import job
from incomelens.common.tables import write_table
from incomelens.inference.architecture import describe_network
from incomelens.inference.network import build_network
from incomelens.paper.draw.style import save_figure
from incomelens.paper.inference_architecture import architecture_figure
from incomelens.paper.inference_names import MAIN, model_labels

with job(snakemake.log[0], threads=snakemake.threads):
    networks = snakemake.params.networks
    network = build_network(**{**networks[MAIN], "weights": "none"})
    table = describe_network(network, snakemake.params.tile_px)
    write_table(table, snakemake.output.table)
    figure = architecture_figure(table, title=model_labels(networks)[MAIN])
    save_figure(figure, snakemake.output.pdf, snakemake.output.png)
