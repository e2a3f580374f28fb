"""A file to fetch, and the ways in which a server may answer for it."""

import hashlib
from pathlib import Path

# Not compressible, not periodic: a wrongly glued file cannot pass for it.
BODY = b"".join(hashlib.sha256(bytes([n])).hexdigest().encode() + b"\n" for n in range(100))
NEW = BODY[::-1]
SHA256 = hashlib.sha256(BODY).hexdigest()


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


def rest_until(body, end, **headers):
    """Promise the rest, break again on the way."""

    def answer(request):
        start = int(request.headers["Range"].removeprefix("bytes=").rstrip("-"))
        headers["Content_Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        length = str(len(body) - start)
        request.reply(206, body[start : int(end)], Content_Length=length, **headers)
        request.close_connection = True

    return answer


def refuses(status, body=b"", **headers):
    return lambda request: request.reply(status, body, **headers)


def remains(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []
