"""A file arrives checked and whole, or a message says why not and nothing is left behind."""

import hashlib
import io
import json
import logging
import time
import traceback
import zipfile
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incomelens.common.errors import InputError
from incomelens.sources.fetch import fetch_file
from incomelens.sources.origins import Places
from incomelens.sources.registry import Secret

# Not compressible, not periodic: a wrongly glued file cannot pass for it.
BODY = b"".join(hashlib.sha256(bytes([n])).hexdigest().encode() + b"\n" for n in range(100))
NEW = BODY[::-1]
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def fetch(raw, web, patience, tmp_path):
    """Fetch `raw` from the local server to `tmp_path/out/table.csv`."""

    def fetch(places=None, environment=None, **changes):
        file = replace(raw, **({"address": f"{web.address}/table.csv"} | changes))
        return fetch_file(
            file,
            tmp_path / "out" / "table.csv",
            places=places or Places(mirror=None, manual_dir=str(tmp_path / "manual")),
            patience=patience,
            environment=environment or {},
        )

    return fetch


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def whole(body=BODY, **headers):
    return lambda request: request.reply(200, body, **headers)


def broken(body=BODY, after=3000, **headers):
    """Promise the whole body, send the beginning."""

    def answer(request):
        request.reply(200, body[:after], Content_Length=str(len(body)), **headers)
        request.close_connection = True

    return answer


def rest(body=BODY, **headers):
    """Send from where the client asks, as a server with Range does."""

    def answer(request):
        start = int(request.headers["Range"].removeprefix("bytes=").rstrip("-"))
        where = f"bytes {start}-{len(body) - 1}/{len(body)}"
        request.reply(206, body[start:], Content_Range=where, **headers)

    return answer


def refuses(status, body=b"", **headers):
    return lambda request: request.reply(status, body, **headers)


def remains(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


# -- from the provider ------------------------------------------------------------------------


def test_a_sound_file_arrives_with_its_record(fetch, web, out):
    web.answer(whole())
    retrieval = fetch(sha256=SHA256, bytes=len(BODY))
    assert (out / "table.csv").read_bytes() == BODY
    assert remains(out) == ["table.csv"]
    assert (retrieval.origin, retrieval.sha256, retrieval.checksum) == (
        "provider",
        SHA256,
        "registry",
    )
    assert retrieval.address == f"{web.address}/table.csv"


def test_an_unknown_checksum_is_trusted_on_first_use_and_said_so(fetch, web, caplog):
    web.answer(whole())
    with caplog.at_level(logging.INFO):
        assert fetch().checksum == "first use"
    assert "trusted on first use" in caplog.text
    assert SHA256 in caplog.text


def test_a_break_is_resumed_where_it_was(fetch, web, out):
    web.answer(broken(ETag='"a"'), rest(ETag='"a"'))
    fetch(sha256=SHA256)
    _, headers = web.requests[1]
    assert headers["Range"] == "bytes=3000-"
    assert headers["If-Range"] == '"a"'
    assert (out / "table.csv").read_bytes() == BODY


def test_a_date_serves_as_validator_where_there_is_no_strong_etag(fetch, web):
    date = "Wed, 21 Oct 2020 07:28:00 GMT"
    web.answer(broken(ETag='W/"a"', Last_Modified=date), rest(Last_Modified=date))
    fetch(sha256=SHA256)
    assert web.requests[1][1]["If-Range"] == date


def test_without_a_validator_the_file_is_fetched_anew(fetch, web):
    web.answer(broken(), whole())
    fetch(sha256=SHA256)
    assert "Range" not in web.requests[1][1]


def test_a_server_without_ranges_sends_everything_again(fetch, web, out):
    web.answer(broken(ETag='"a"'), whole(ETag='"a"'))
    fetch(sha256=SHA256)
    assert (out / "table.csv").read_bytes() == BODY


def test_a_file_that_has_changed_meanwhile_is_fetched_anew(fetch, web, out):
    web.answer(broken(ETag='"a"'), whole(NEW, ETag='"b"'))
    fetch()
    assert (out / "table.csv").read_bytes() == NEW


def test_a_changed_file_is_not_glued_even_where_the_server_ignores_if_range(fetch, web, out):
    web.answer(broken(ETag='"a"'), rest(NEW, ETag='"b"'), whole(NEW, ETag='"b"'))
    fetch()
    assert (out / "table.csv").read_bytes() == NEW


def test_a_partial_answer_from_another_place_is_not_glued(fetch, web, out):
    where = f"bytes 0-{len(BODY) - 1}/{len(BODY)}"
    web.answer(broken(ETag='"a"'), refuses(206, BODY, Content_Range=where), whole())
    fetch(sha256=SHA256)
    assert (out / "table.csv").read_bytes() == BODY


def test_a_range_beyond_the_end_starts_anew(fetch, web):
    web.answer(broken(ETag='"a"'), refuses(416), whole())
    fetch(sha256=SHA256)
    assert "Range" not in web.requests[2][1]


def test_what_has_arrived_before_a_failure_is_resumed_by_the_next_run(fetch, web, out):
    web.answer(broken(ETag='"a"'), refuses(503))
    with pytest.raises(InputError, match=r"3000 bytes have arrived and are kept"):
        fetch()
    assert remains(out) == [".table.csv.part", ".table.csv.part.json"]
    web.answer(rest(ETag='"a"'))
    fetch(sha256=SHA256)
    assert web.requests[-1][1]["Range"] == "bytes=3000-"
    assert remains(out) == ["table.csv"]


def test_a_part_of_another_address_is_not_gone_on_with(fetch, web):
    web.answer(broken(ETag='"a"'), refuses(503))
    with pytest.raises(InputError):
        fetch()
    web.requests.clear()
    web.answer(whole())
    fetch(address=f"{web.address}/moved.csv", sha256=SHA256)
    assert "Range" not in web.requests[0][1]


def test_a_busy_server_is_asked_again_when_it_says(fetch, web):
    web.answer(refuses(503, Retry_After="1"), whole())
    started = time.monotonic()
    fetch(sha256=SHA256)
    assert time.monotonic() - started >= 1


def test_retry_after_may_be_a_date(fetch, web):
    web.answer(refuses(429, Retry_After=formatdate(time.time() + 3600, usegmt=True)))
    with pytest.raises(InputError, match=r"429 Too Many Requests and asks to wait 3[56]\d\d s"):
        fetch()
    assert len(web.requests) == 1


def test_a_server_that_stays_busy_is_given_up(fetch, web, out):
    web.answer(refuses(500))
    with pytest.raises(
        InputError,
        match=r"survey/table\.csv: gave up after 3 attempt\(s\) without progress at http.*: the "
        r"server answers 500 .*set `mirror`.* put it at .*manual/survey/table\.csv",
    ):
        fetch()
    assert len(web.requests) == 3
    assert remains(out) == []


def test_progress_of_a_megabyte_counts_the_attempts_afresh(fetch, web):
    body = BODY * 1000  # 6.5 MB
    steps = [rest_until(body, end, ETag='"a"') for end in (3e6, 4.5e6, 6e6)]
    web.answer(broken(body, after=1_500_000, ETag='"a"'), *steps, rest(body, ETag='"a"'))
    fetch(sha256=hashlib.sha256(body).hexdigest())
    assert len(web.requests) == 5


def test_going_back_and_forth_is_no_progress(fetch, web, out):
    body = BODY * 1000
    web.answer(*[broken(body, after=end) for end in (3_000_000, 1_000, 3_000_000, 1_000)])
    with pytest.raises(InputError, match=r"gave up after 3 attempt"):
        fetch()
    assert len(web.requests) == 3
    assert remains(out) == []


def rest_until(body, end, **headers):
    """Promise the rest, break again on the way."""

    def answer(request):
        start = int(request.headers["Range"].removeprefix("bytes=").rstrip("-"))
        headers["Content_Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        length = str(len(body) - start)
        request.reply(206, body[start : int(end)], Content_Length=length, **headers)
        request.close_connection = True

    return answer


def test_a_missing_page_is_not_asked_for_twice(fetch, web, out):
    web.answer(refuses(404, b"<h1>Gone fishing</h1>"))
    with pytest.raises(InputError, match=r"404 Not Found at http\S+/table\.csv: .*Gone fishing"):
        fetch()
    assert len(web.requests) == 1
    assert remains(out) == []


def test_a_redirect_is_followed(fetch, web, out):
    web.answer(refuses(302, Location="/elsewhere.csv"), whole())
    fetch(sha256=SHA256)
    assert web.requests[1][0] == "/elsewhere.csv"


def test_endless_redirects_end(fetch, web):
    web.answer(refuses(302, Location="/table.csv"))
    with pytest.raises(InputError, match=r"survey/table\.csv: Exceeded 30 redirects"):
        fetch()


def test_a_silent_server_is_given_up(fetch, web, out):
    web.answer(lambda _: time.sleep(0.5))
    with pytest.raises(InputError, match=r"no answer within 0\.3 s"):
        fetch()
    assert remains(out) == []


def test_a_server_that_falls_silent_midway_is_given_up(fetch, web, out):
    def answer(request):
        request.reply(200, BODY[:100], Content_Length=str(len(BODY)))
        time.sleep(0.5)

    web.answer(answer)
    with pytest.raises(InputError, match=r"gave up after 3 attempt"):
        fetch()
    assert remains(out) == []


def test_no_server_at_all(fetch, raw, out):
    with pytest.raises(InputError, match=r"gave up after 3 attempt.*connection broke"):
        fetch(address="http://127.0.0.1:9/table.csv")
    assert remains(out) == []


def test_a_server_that_always_cuts_short_is_given_up(fetch, web, out):
    web.answer(broken())
    with pytest.raises(InputError, match=r"gave up after 3 .*(3000 bytes read|of 6500 bytes)"):
        fetch()
    assert remains(out) == []


@pytest.mark.parametrize("expected", [{"sha256": "0" * 64}, {"bytes": 7}, {"bytes": 10**6}])
def test_what_is_not_as_the_registry_says_leaves_nothing(fetch, web, out, expected):
    web.answer(whole(ETag='"a"'))
    with pytest.raises(
        InputError, match=r"survey/table\.csv: .* instead of .*config/sources\.yaml"
    ):
        fetch(**expected)
    assert remains(out) == []


def test_a_failed_fetch_leaves_the_older_file_as_it_was(fetch, web, out):
    out.mkdir()
    (out / "table.csv").write_bytes(b"older")
    web.answer(whole())
    with pytest.raises(InputError):
        fetch(sha256="0" * 64)
    assert (out / "table.csv").read_bytes() == b"older"
    assert remains(out) == ["table.csv"]


def test_a_length_that_lies_is_found_by_the_format(fetch, web, out):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", BODY)
    body = buffer.getvalue()
    web.answer(whole(body[:-50]))
    with pytest.raises(InputError, match=r"the zip file is cut short or damaged"):
        fetch(format="zip")
    assert remains(out) == []


def test_a_web_page_instead_of_an_archive_is_quoted_by_its_title(fetch, web, out):
    page = b"<!DOCTYPE html>\n<html><head><title>Site\n maintenance</title></head></html>"
    web.answer(whole(page, Content_Type="application/zip"))
    with pytest.raises(
        InputError,
        match=r"an HTML page titled 'Site maintenance' came instead of a zip file; see "
        r"https://survey\.org/get",
    ):
        fetch(format="zip")
    assert remains(out) == []


# -- keys -------------------------------------------------------------------------------------

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


# -- from elsewhere ---------------------------------------------------------------------------


def test_a_mirror_folder_goes_before_all_others(fetch, web, tmp_path):
    put(tmp_path / "mirror", BODY)
    put(tmp_path / "manual", NEW)
    places = Places(mirror=str(tmp_path / "mirror"), manual_dir=str(tmp_path / "manual"))
    assert fetch(places, sha256=SHA256).origin == "mirror"
    assert web.requests == []


def put(folder: Path, body: bytes) -> None:
    (folder / "survey").mkdir(parents=True)
    (folder / "survey" / "table.csv").write_bytes(body)


def test_a_mirror_that_lacks_the_file_says_where_it_should_be(fetch, tmp_path, out):
    places = Places(mirror=str(tmp_path / "mirror"), manual_dir="manual")
    with pytest.raises(
        InputError,
        match=r"mirror has no file .*/mirror/survey/table\.csv; put .* or unset `mirror`",
    ):
        fetch(places)
    assert remains(out) == []


def test_a_bad_copy_in_a_mirror_is_refused(fetch, tmp_path, out):
    put(tmp_path / "mirror", NEW)
    places = Places(mirror=str(tmp_path / "mirror"), manual_dir="manual")
    with pytest.raises(InputError, match=r"checksum differs.*the copy at .*/mirror/survey/table"):
        fetch(places, sha256=SHA256)
    assert remains(out) == []


def test_a_file_put_by_hand_goes_before_the_provider(fetch, web, tmp_path):
    put(tmp_path / "manual", BODY)
    assert fetch(sha256=SHA256).origin == "manual"
    assert web.requests == []


def test_a_file_for_people_says_what_to_click_and_where_to_put_it(fetch, out):
    with pytest.raises(
        InputError,
        match=r"only a person can fetch this file; choose 2015 and press Download "
        r"\(https://survey\.org/get\) and put it at .*/manual/survey/table\.csv",
    ):
        fetch(address=None, manual="choose 2015 and press Download.")
    assert remains(out) == []


def test_a_file_for_people_may_stand_beside_a_mirror(fetch, tmp_path):
    put(tmp_path / "manual", BODY)
    places = Places(mirror=str(tmp_path / "mirror"), manual_dir=str(tmp_path / "manual"))
    assert fetch(places, address=None, manual="click").origin == "manual"


def test_a_synthetic_file_is_not_held_to_the_real_ones_checksum(fetch, tmp_path):
    put(tmp_path / "mirror", NEW)
    places = Places(mirror=str(tmp_path / "mirror"), manual_dir="manual", demo=True)
    retrieval = fetch(places, sha256=SHA256, bytes=1)
    assert (retrieval.origin, retrieval.checksum) == ("demo", "synthetic")


def test_the_part_keeps_no_note_of_a_key(fetch, web, out):
    web.answer(broken(ETag='"a"'), refuses(503))
    with pytest.raises(InputError):
        fetch(secret=KEY, environment={"SURVEY_KEY": VALUE})
    note = json.loads((out / ".table.csv.part.json").read_text())
    assert note == {"address": f"{web.address}/table.csv", "validator": '"a"'}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ends=st.lists(st.integers(0, len(BODY)), max_size=2).map(sorted))
def test_wherever_the_connection_breaks_the_file_is_the_same(fetch, web, out, ends):
    steps = [rest_or_all(BODY, end) for end in ends]
    web.requests.clear()
    web.answer(*steps, rest_or_all(BODY, len(BODY)))
    fetch(sha256=SHA256)
    assert (out / "table.csv").read_bytes() == BODY
    assert remains(out) == ["table.csv"]


def rest_or_all(body, end):
    """Answer with a Range or without, and break after byte `end`."""

    def answer(request):
        wanted = "Range" in request.headers
        (rest_until if wanted else until)(body, end, ETag='"a"')(request)

    def until(body, end, **headers):
        return broken(body, after=end, **headers)

    return answer
