"""A web server that misbehaves on purpose, and small sources to fetch from it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from incomelens.sources.fetching.download import Patience
from incomelens.sources.fetching.fetch import fetch_file
from incomelens.sources.fetching.origins import Places
from incomelens.sources.fetching.registry import SourceFile

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers the n-th request with the n-th answer of the server, the last one for ever."""

    def do_GET(self) -> None:
        """Note the request and give its answer."""
        web = self.server.web
        web.requests.append((self.path, dict(self.headers)))
        answer = web.answers[min(len(web.requests), len(web.answers)) - 1]
        answer(self)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def reply(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        """Answer; header names are written with underscores."""
        self.send_response(status)
        headers = {"Content_Length": str(len(body))} | headers
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


@dataclass
class Web:
    """A local server: its address, the answers it gives, the requests it has had."""

    address: str
    answers: list[Answer] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def answer(self, *answers: Answer) -> None:
        """Set the answers to come."""
        self.answers[:] = answers


@pytest.fixture
def web() -> Iterator[Web]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.web = Web(f"http://127.0.0.1:{server.server_port}")
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.web
        server.shutdown()
        thread.join()


@pytest.fixture
def patience() -> Patience:
    """Waits that a test can afford."""
    return Patience(attempts=3, connect=1, read=0.3, first_pause=0.01, longest_pause=2)


@pytest.fixture
def raw() -> SourceFile:
    """A text file of a source, without address."""
    return SourceFile(
        source="survey", name="table.csv", format="csv", page="https://survey.org/get"
    )


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
