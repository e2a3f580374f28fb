"""A file arrives checked and whole, or a message says why not and nothing is left behind."""

import hashlib
import io
import logging
import time
import zipfile
from email.utils import formatdate

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incomelens.common.errors import InputError

from .answers import BODY, NEW, SHA256, broken, refuses, remains, rest, rest_until, whole


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
