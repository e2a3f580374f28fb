"""A key goes to the provider with the request, and into no log, error or file."""

import json
import logging
import traceback
from dataclasses import replace

import pytest

from incomelens.common.errors import InputError
from incomelens.sources.fetching.origins import Places
from incomelens.sources.fetching.registry import Secret

from .answers import broken, refuses, whole

VALUE = "s3cret/+ key"
KEY = Secret("SURVEY_KEY", "key", required=True, page="https://survey.org/key")


def every_text_of(error: BaseException) -> str:
    """Return all that a log could show of an error, also of the errors behind it."""
    texts = []
    while error is not None:
        texts += [str(error), repr(error), *traceback.format_exception(error)]
        error = error.__context__
    return "\n".join(texts)


def secret_forms():
    return (VALUE, "s3cret", "s3cret%2F%2B")


def test_the_key_goes_with_the_request_and_nowhere_else(fetch, web, out, caplog):
    web.answer(whole())
    with caplog.at_level(logging.DEBUG):
        retrieval = fetch(secret=KEY, environment={"SURVEY_KEY": VALUE})
    assert web.requests[0][0] == "/table.csv?key=s3cret%2F%2B+key"
    assert "/table.csv?key=<key>" in caplog.text
    for text in (caplog.text, repr(retrieval)):
        assert not any(form in text for form in secret_forms())


@pytest.mark.parametrize(
    "answer",
    [
        refuses(404, f"no such thing: key={VALUE}".encode()),
        refuses(503),
        broken(ETag='"a"'),
        refuses(302, Location="http://127.0.0.1:9/?key=s3cret%2F%2B+key"),
        refuses(302, Location="ftp://there?key=s3cret%2F%2B+key"),
        whole(f"<html><title>Your key {VALUE} is invalid</title>".encode()),
        lambda request: request.close_connection,
    ],
)
def test_no_failure_shows_the_key(fetch, web, out, caplog, answer):
    web.answer(answer)
    with caplog.at_level(logging.DEBUG), pytest.raises(InputError) as error:
        fetch(secret=KEY, environment={"SURVEY_KEY": VALUE})
    for text in (caplog.text, every_text_of(error.value)):
        assert not any(form in text for form in secret_forms())
    for left in out.iterdir() if out.exists() else ():
        assert b"s3cret" not in left.read_bytes()


def test_a_missing_required_key_is_told_before_anything_is_asked(fetch, web):
    web.answer(whole())
    with pytest.raises(InputError, match=r"no SURVEY_KEY; get one at https://survey\.org/key"):
        fetch(secret=KEY, environment={"SURVEY_KEY": "  "})
    assert web.requests == []


def test_an_optional_key_may_be_missing(fetch, web):
    web.answer(whole())
    fetch(secret=replace(KEY, required=False))
    assert web.requests[0][0] == "/table.csv"


def test_a_page_that_asks_for_a_key_points_to_it(fetch, web):
    web.answer(
        refuses(302, Location="/missing_key.html"),
        whole(b"<html><head><title>Missing Key</title></head></html>"),
    )
    with pytest.raises(InputError, match=r"titled 'Missing Key'.*check the key in SURVEY_KEY"):
        fetch(secret=replace(KEY, required=False))


def test_a_mirror_does_not_see_the_key_and_its_password_is_not_recorded(fetch, web):
    web.answer(whole())
    mirror = web.address.replace("//", "//me:hush@") + "/raw/"
    retrieval = fetch(Places(mirror=mirror, manual_dir="manual"), {"SURVEY_KEY": VALUE}, secret=KEY)
    assert web.requests[0][0] == "/raw/survey/table.csv"
    assert retrieval.address == f"{web.address}/raw/survey/table.csv"
    assert retrieval.origin == "mirror"


def test_the_part_keeps_no_note_of_a_key(fetch, web, out):
    web.answer(broken(ETag='"a"'), refuses(503))
    with pytest.raises(InputError):
        fetch(secret=KEY, environment={"SURVEY_KEY": VALUE})
    note = json.loads((out / ".table.csv.part.json").read_text())
    assert note == {"address": f"{web.address}/table.csv", "validator": '"a"'}
