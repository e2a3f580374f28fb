"""The provider of street views is asked politely, once, with a key that stands in no text."""

import json
import logging
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from incomelens.common.errors import InputError
from incomelens.sources.fetching.download import Patience
from incomelens.sources.readers.street_view_api import (
    Panorama,
    QuotaError,
    StreetViewClient,
    street_view_key,
)

KEY = "s3cret+key/1"
JPEG = b"\xff\xd8 an image \xff\xd9"
PANORAMA = Panorama("abc", 2.0, 48.0, "2019-05", "c")
THERE = {
    "status": "OK",
    "pano_id": "abc",
    "location": {"lat": 48.0, "lng": 2.0},
    "date": "2019-05",
    "copyright": "c",
}


def says(**answer):
    body = json.dumps(answer).encode()
    return lambda request: request.reply(200, body, Content_Type="application/json")


def sends(body=JPEG, status=200, kind="image/jpeg"):
    return lambda request: request.reply(status, body, Content_Type=kind)


@pytest.fixture
def client(web, tmp_path):
    def make(**changes):
        settings = {
            "per_second": 1000.0,
            "address": web.address,
            "patience": Patience(attempts=3, connect=1, read=0.5, first_pause=0.01),
        }
        return StreetViewClient(KEY, tmp_path / "cache", **(settings | changes))

    return make


def asked(web):
    return [
        (urlsplit(path).path, {k: v[0] for k, v in parse_qs(urlsplit(path).query).items()})
        for path, _ in web.requests
    ]


def test_metadata_are_asked_as_documented_and_once(client, web):
    web.answer(says(**THERE))
    for _ in range(2):
        assert client().panorama(2.0, 48.0, radius_m=60) == PANORAMA
    ((path, parameters),) = asked(web)
    assert path == "/metadata"
    assert parameters == {
        "location": "48.000000,2.000000",
        "radius": "60",
        "source": "outdoor",
        "key": KEY,
    }


def test_a_place_without_panorama_is_remembered(client, web):
    web.answer(says(status="ZERO_RESULTS"))
    assert client().panorama(2.0, 48.0, radius_m=60) is None
    assert client().panorama(2.0, 48.0, radius_m=60) is None
    assert len(web.requests) == 1


def test_an_image_is_asked_by_panorama_and_direction_and_once(client, web):
    web.answer(sends())
    paths = {client().image(PANORAMA, heading=90.0, px=224) for _ in range(2)}
    assert paths.pop().read_bytes() == JPEG
    ((path, parameters),) = asked(web)
    assert path == "/"
    assert parameters == {
        "pano": "abc",
        "size": "224x224",
        "heading": "90",
        "fov": "90",
        "return_error_code": "true",
        "key": KEY,
    }
    client().image(PANORAMA, heading=91.0, px=224)
    assert len(web.requests) == 2


@pytest.mark.parametrize(
    "answer",
    [
        sends(b"quota", 429, "text/plain"),
        sends(b"You have exceeded your daily request quota", 403, "text/plain"),
    ],
)
def test_a_quota_error_keeps_what_was_fetched_and_stops_asking(client, web, answer):
    web.answer(sends(), answer)
    one = client()
    kept = one.image(PANORAMA, heading=0, px=64)
    for heading in (1, 2):
        with pytest.raises(QuotaError, match=r"the provider answers 4"):
            one.image(PANORAMA, heading=heading, px=64)
    with pytest.raises(QuotaError, match=r"the provider answers 4"):
        one.panorama(2.0, 48.0, radius_m=60)
    assert one.image(PANORAMA, heading=0, px=64) == kept
    assert len(web.requests) == 2
    assert one.n_images == 1


def test_the_metadata_may_say_that_the_quota_is_used_up(client, web):
    web.answer(says(status="OVER_QUERY_LIMIT"))
    with pytest.raises(QuotaError, match=r"the provider says OVER_QUERY_LIMIT"):
        client().panorama(2.0, 48.0, radius_m=60)


def test_a_run_asks_for_no_more_images_than_its_own_bound(client, web):
    web.answer(sends())
    one = client(most_images=2)
    for heading in (0, 1):
        one.image(PANORAMA, heading=heading, px=64)
    with pytest.raises(QuotaError, match=r"this run may ask for 2 images \(most_images\)"):
        one.image(PANORAMA, heading=2, px=64)
    assert len(web.requests) == 2


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            says(status="REQUEST_DENIED", error_message=f"The key {KEY} is invalid."),
            r"the provider refuses: The key <key> is invalid\.; look at the key in GOOGLE_",
        ),
        (
            sends(f"bad key {KEY}".encode(), 403, "text/plain"),
            r"the provider answers 403 \(bad key <key>\); look at the key in GOOGLE_",
        ),
    ],
)
def test_a_refused_key_ends_at_once_and_is_not_shown(client, web, answer, message):
    web.answer(answer)
    with pytest.raises(InputError, match=message) as caught:
        client().panorama(2.0, 48.0, radius_m=60)
    assert KEY not in str(caught.value)
    assert len(web.requests) == 1


def test_a_passing_failure_is_tried_again(client, web):
    web.answer(sends(b"", 500, "text/plain"), says(status="UNKNOWN_ERROR"), says(**THERE))
    assert client().panorama(2.0, 48.0, radius_m=60) == PANORAMA
    assert len(web.requests) == 3


def test_a_lasting_failure_ends_with_how_to_go_on(client, web):
    web.answer(sends(b"", 503, "text/plain"))
    with pytest.raises(InputError, match=r"gave up after 3 attempts: the provider answers 503"):
        client().image(PANORAMA, heading=0, px=64)
    assert len(web.requests) == 3


def test_a_web_page_is_no_image_and_not_kept(client, web, tmp_path):
    web.answer(sends(b"<html>", 200, "text/html"))
    with pytest.raises(InputError, match=r"text/html came instead of an image of panorama abc"):
        client().image(PANORAMA, heading=0, px=64)
    assert not list((tmp_path / "cache").rglob("*.jpg"))


def test_the_key_is_in_no_log_message_or_file(client, web, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    web.answer(says(**THERE), sends(), lambda request: request.connection.close())
    one = client()
    one.image(one.panorama(2.0, 48.0, radius_m=60), heading=0, px=64)
    with pytest.raises(InputError) as caught:
        one.image(PANORAMA, heading=5, px=64)
    texts = [caplog.text, str(caught.value), repr(caught.value.__cause__)]
    texts += [path.read_text(errors="ignore") for path in tmp_path.rglob("*") if path.is_file()]
    for form in (KEY, "s3cret%2Bkey%2F1", "s3cret%2Bkey/1"):
        assert not [text for text in texts if form in text]


def test_the_key_is_not_in_the_error_of_a_provider_that_is_not_there(client, caplog):
    # The error of the HTTP library quotes the whole address of the request.
    with pytest.raises(InputError, match=r"gave up after 3 attempts: .*key=<key>") as caught:
        client(address="http://127.0.0.1:9").image(PANORAMA, heading=0, px=64)
    assert "s3cret" not in str(caught.value) + caplog.text


def test_requests_keep_their_distance(client, web):
    web.answer(sends())
    one = client(per_second=20.0)
    start = time.monotonic()
    for heading in range(4):
        one.image(PANORAMA, heading=heading, px=64)
    assert time.monotonic() - start >= 3 / 20


def test_a_missing_key_says_where_to_get_one():
    assert street_view_key({"GOOGLE_STREET_VIEW_API_KEY": " k "}) == "k"
    with pytest.raises(InputError, match=r"no GOOGLE_STREET_VIEW_API_KEY; get one at https://.*ex"):
        street_view_key({"GOOGLE_STREET_VIEW_API_KEY": " "})
