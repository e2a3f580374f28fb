"""A study as an RO-Crate, so that archives and other software read what it was made from.

The crate is the folder of the study's results with one file of metadata beside them. It follows
RO-Crate 1.1, Workflow RO-Crate 1.0 and the profiles Process and Workflow Run Crate 0.5: one run of
one workflow, with the raw files that went in and the tables and figures that came out. It repeats
what `provenance.json` knows, and adds nothing.
"""

import json
import mimetypes
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from incomelens.common.files import whole_file

METADATA = "ro-crate-metadata.json"
CONTEXT = [
    "https://w3id.org/ro/crate/1.1/context",
    # SHA-256 and the status of a run are not among RO-Crate 1.1's own words.
    "https://w3id.org/ro/terms/workflow-run/context",
]
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
LICENCE = "https://spdx.org/licenses/MIT"
SNAKEMAKE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
# Words of schema.org for the columns of `sources/manifest.csv`.
OF_A_SOURCE = {
    "name": "file",
    "sha256": "sha256",
    "url": "address",
    "dateModified": "retrieved",
    "license": "licence",
    "creditText": "citation",
    "temporalCoverage": "time_frame",
}

Entity = dict[str, object]


def ro_crate(
    provenance: Mapping, *, workflow: str, results: Sequence[str], folder: str | Path
) -> dict[str, object]:
    """Describe a finished study as JSON-LD.

    Parameters
    ----------
    provenance : mapping
        What :func:`incomelens.report.provenance.provenance` tells.
    workflow : str
        File below `folder` that holds the workflow.
    results : sequence of str
        Files below `folder` that the study made, its provenance among them.
    folder : path
        Of the study's results, the root of the crate.

    Returns
    -------
    dict
        Ready for JSON; `@context` and `@graph`.
    """
    sources = [_source(source) for source in provenance["sources"]]
    made = [_file(folder, name) for name in results]
    ran = _run(provenance, workflow, sources=sources, made=made)
    files = [_workflow(provenance, workflow), *made]
    return {
        "@context": CONTEXT,
        "@graph": [
            _descriptor(),
            _root(provenance, workflow, files=files),
            *(
                {"@id": one, "@type": "CreativeWork", "name": name, "version": version}
                for one, (name, version) in PROFILES.items()
            ),
            {"@id": LICENCE, "@type": "CreativeWork", "name": "MIT License"},
            *files,
            {
                "@id": SNAKEMAKE,
                "@type": "ComputerLanguage",
                "name": "Snakemake",
                "identifier": {"@id": "https://doi.org/10.12688/f1000research.29032.2"},
                "url": {"@id": "https://snakemake.readthedocs.io"},
                "version": provenance["software"]["packages"].get("snakemake", "unknown"),
            },
            *sources,
            *_settings(provenance),
            ran,
        ],
    }


def write_ro_crate(crate: Mapping, path: str | Path) -> None:
    """Write what :func:`ro_crate` describes, whole or not at all."""
    with whole_file(path) as beside:
        text = json.dumps(crate, indent=2, ensure_ascii=False, allow_nan=False)
        beside.write_text(text + "\n", encoding="utf-8")


def _descriptor() -> Entity:
    return {
        "@id": METADATA,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": [
            {"@id": "https://w3id.org/ro/crate/1.1"},
            {"@id": "https://w3id.org/workflowhub/workflow-ro-crate/1.0"},
        ],
    }


def _root(provenance: Mapping, workflow: str, *, files: Iterable[Entity]) -> Entity:
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Results of the study {provenance['study']}",
        "description": (
            "Tables, figures and report of a study made by IncomeLens, which maps income inside "
            "cities and explains the maps; the raw files that they were made from are named."
        ),
        "datePublished": provenance["written"],
        "license": {"@id": LICENCE},
        "conformsTo": _ids(PROFILES),
        "hasPart": _ids(file["@id"] for file in files),
        "mainEntity": {"@id": workflow},
        "mentions": {"@id": "#run"},
    }


def _workflow(provenance: Mapping, workflow: str) -> Entity:
    code = provenance["code"]
    return {
        "@id": workflow,
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "name": "IncomeLens",
        "programmingLanguage": {"@id": SNAKEMAKE},
        "version": code["commit"] or code["sha256"],
        "license": {"@id": LICENCE},
        "conformsTo": {"@id": "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"},
    }


def _file(folder: str | Path, name: str) -> Entity:
    path = Path(folder) / name
    kind, _ = mimetypes.guess_type(name)
    told: Entity = {"@id": name, "@type": "File", "name": Path(name).name}
    if kind is not None:
        told["encodingFormat"] = kind
    if path.is_file():
        told["contentSize"] = str(path.stat().st_size)
    return told


def _source(source: Mapping) -> Entity:
    """A raw file, by its digest: it may not be passed on, and is no part of the crate."""
    told = {word: source.get(column) for word, column in OF_A_SOURCE.items()}
    return {
        "@id": f"#source/{source['source']}/{source['file']}",
        "@type": "CreativeWork",
        **{word: value for word, value in told.items() if value is not None},
    }


def _settings(provenance: Mapping) -> list[Entity]:
    """Each setting of the study at the top of its configuration, as JSON."""
    return [
        {
            "@id": f"#setting/{name}",
            "@type": "PropertyValue",
            "name": name,
            "value": json.dumps(value, ensure_ascii=False),
        }
        for name, value in provenance["configuration"].items()
    ]


def _run(
    provenance: Mapping, workflow: str, *, sources: Iterable[Entity], made: Iterable[Entity]
) -> Entity:
    given = [*sources, *_settings(provenance)]
    return {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"Run of the study {provenance['study']}",
        "instrument": {"@id": workflow},
        "object": _ids(entity["@id"] for entity in given),
        "result": _ids(entity["@id"] for entity in made),
        "endTime": provenance["written"],
        "actionStatus": {"@id": "http://schema.org/CompletedActionStatus"},
    }


def _ids(names: Iterable[object]) -> list[dict[str, object]]:
    return [{"@id": name} for name in names]
