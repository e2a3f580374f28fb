"""How each file came here: a small record beside it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from incomelens.common.files import whole_file
from incomelens.sources.fetching.origins import Kind

Compared = Literal["registry", "first use", "synthetic"]


@dataclass(frozen=True)
class Retrieval:
    """How one file came here. The address carries no key and no password.

    ``checksum`` says what the SHA-256 was compared with: the ``registry``; nothing, because none is
    known and the copy was trusted on ``first use``; nothing, because the file is ``synthetic``.
    """

    source: str
    file: str
    origin: Kind
    address: str
    sha256: str
    checksum: Compared
    bytes: int
    retrieved: str


def write_record(retrieval: Retrieval, path: str | Path) -> None:
    """Write how one file came here, beside it."""
    with whole_file(path) as beside:
        beside.write_text(json.dumps(asdict(retrieval), indent=2) + "\n", encoding="utf-8")


def read_record(path: str | Path) -> Retrieval:
    """Read what :func:`write_record` has written."""
    return Retrieval(**json.loads(Path(path).read_text(encoding="utf-8")))
