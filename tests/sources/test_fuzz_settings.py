"""The registry, records and the provider's answers: read right, or refused in a sentence."""

import json

import yaml
from hypothesis import strategies as st

from incomelens.sources.fetching.download import Patience
from incomelens.sources.fetching.registry import load_registry
from incomelens.sources.readers.street_view_api import Panorama, StreetViewClient

from ..conftest import ROOT
from ..fuzzing import NASTY_VALUES, damaged_bytes, fuzzed, outcome

SCHEMA = ROOT / "workflow" / "schemas" / "sources.schema.yaml"
ENTRY = {
    "title": "Survey",
    "provider": "Office",
    "page": "https://survey.org",
    "licence": "CC BY 4.0",
    "citation": "Office (2020)",
    "time_frame": "2019",
    "used_for": "incomes",
    "secret": {"environment": "KEY", "parameter": "key", "required": False},
    "files": {
        "a.csv": {"address": "https://survey.org/a", "format": "csv", "sha256": None, "bytes": 9}
    },
}
REGISTRY = yaml.safe_dump({"survey": ENTRY, "other": ENTRY}, sort_keys=False).encode()
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(NASTY_VALUES)
values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(scalars, scalars, max_size=2)


def registry(path):
    return load_registry(path, schema=SCHEMA)


@fuzzed(content=damaged_bytes(REGISTRY))
def test_registry_bytes(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("registry") / "sources.yaml"
    path.write_bytes(content)
    outcome(lambda: registry(path), named="sources.yaml")


@st.composite
def changed_entries(draw):
    entry = json.loads(json.dumps(ENTRY))
    part = draw(st.sampled_from([entry, entry["secret"], entry["files"], entry["files"]["a.csv"]]))
    key = draw(st.sampled_from(sorted(part)) | scalars)
    part[key] = draw(values | st.sampled_from(["2019-13-45", "12:30:45", "no", "1e3"]))
    return {draw(st.just("survey") | scalars): draw(st.just(entry) | values)}


@fuzzed(entries=changed_entries())
def test_registry_values(tmp_path_factory, entries):
    path = tmp_path_factory.mktemp("registry") / "sources.yaml"
    # As a person writes them: without quotes.
    text = yaml.safe_dump(entries, allow_unicode=True, default_style=None).replace("'", "")
    path.write_text(text, encoding="utf-8", errors="replace")
    outcome(lambda: registry(path), named="sources.yaml")


OK = {
    "status": "OK",
    "pano_id": "abc",
    "location": {"lat": 50.25, "lng": -73.5},
    "date": "2019-05",
    "copyright": "(c)",
}


class Answers(StreetViewClient):
    """A client whose provider always gives one answer."""

    def __init__(self, folder, body, kind="application/json", status=200):
        patience = Patience(attempts=2, first_pause=0.0)
        super().__init__("s3cret", folder, per_second=1e9, patience=patience)
        self._given = status, body, kind, None

    def _attempt(self, path, public):
        return self._given


def panorama_right_or_refused(folder, body):
    for _ in range(2):  # from the provider, and from the cache
        found = outcome(lambda: Answers(folder, body).panorama(-73.5, 50.25, radius_m=50))
        assert found is None or isinstance(found, Panorama)
        assert found is None or (abs(found.longitude) <= 180 and abs(found.latitude) <= 90)


@fuzzed(body=damaged_bytes(json.dumps(OK).encode()))
def test_street_view_metadata_bytes(tmp_path_factory, body):
    panorama_right_or_refused(tmp_path_factory.mktemp("cache"), body)


json_values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=2), max_leaves=3)


@fuzzed(key=st.sampled_from([*OK, "lat", "lng", "error_message"]), value=json_values)
def test_street_view_metadata_values(tmp_path_factory, key, value):
    answer = json.loads(json.dumps(OK))
    part = answer["location"] if key in ("lat", "lng") else answer
    part[key] = value
    panorama_right_or_refused(tmp_path_factory.mktemp("cache"), json.dumps(answer).encode())


@fuzzed(content=damaged_bytes(json.dumps(OK).encode()))
def test_street_view_cache(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("cache")
    body = json.dumps(OK).encode()
    right = Answers(folder, body).panorama(-73.5, 50.25, radius_m=50)
    (cached,) = (folder / "metadata").rglob("*.json")
    cached.write_bytes(content)
    found = outcome(lambda: Answers(folder, body).panorama(-73.5, 50.25, radius_m=50))
    assert found is None or isinstance(found, type(right))


def test_a_damaged_answer_in_the_cache_is_asked_for_again(tmp_path):
    body = json.dumps(OK).encode()
    right = Answers(tmp_path, body).panorama(-73.5, 50.25, radius_m=50)
    (cached,) = (tmp_path / "metadata").rglob("*.json")
    cached.write_bytes(body[:20])
    assert Answers(tmp_path, body).panorama(-73.5, 50.25, radius_m=50) == right
    assert json.loads(cached.read_bytes()) == OK
