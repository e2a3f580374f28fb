"""A provider of street views on this machine: panoramas on a grid, and a quota."""

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from PIL import Image


@dataclass
class Provider:
    """What the provider has and allows.

    Attributes
    ----------
    quota : int
        Images that it gives before it refuses.
    nothing_west_of : float
        Longitude below which there is no panorama.
    date : str
        Of every panorama.
    step, shift : float
        Degrees between panoramas, and how far east of the point that is asked for they lie.
    """

    address: str = ""
    quota: int = 1000
    nothing_west_of: float = -180.0
    date: str = "2019-05"
    step: float = 0.001
    shift: float = 0.0
    requests: list[str] = field(default_factory=list)

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, str, bytes]:
        """Status, content type and body."""
        self.requests.append(path)
        if path.endswith("/metadata"):
            return 200, "application/json", json.dumps(self._metadata(query)).encode()
        if self.quota == 0:
            return 429, "text/plain", b"over quota"
        self.quota -= 1
        packed = io.BytesIO()
        size = tuple(map(int, query["size"].split("x")))
        Image.new("RGB", size, (int(query["heading"]) % 256, 100, 50)).save(packed, "JPEG")
        return 200, "image/jpeg", packed.getvalue()

    @property
    def n_images(self) -> int:
        """Requests for images so far."""
        return sum(not path.endswith("/metadata") for path in self.requests)

    def _metadata(self, query: dict[str, str]) -> dict:
        latitude, longitude = (
            round(float(part) / self.step) * self.step for part in query["location"].split(",")
        )
        longitude += self.shift
        if longitude < self.nothing_west_of:
            return {"status": "ZERO_RESULTS"}
        return {
            "status": "OK",
            "pano_id": f"{longitude:.3f}_{latitude:.3f}",
            "location": {"lat": latitude, "lng": longitude},
            "date": self.date,
            "copyright": "(c) nobody",
        }


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer from the provider."""
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        status, kind, body = self.server.provider.answer(parts.path, query)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def running(provider: Provider) -> Iterator[Provider]:
    """Serve on a free port for the block."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        provider.address = f"http://127.0.0.1:{server.server_port}"
        server.provider = provider
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
