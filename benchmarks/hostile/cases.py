"""What is sent, and what must come back.

document("a text file", b"hello", 415, "unsupported_file")
document("a page in CMYK", jpeg, 200, says="Harbour 4127")
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

READ = None
"""The code of an answer that is no error."""
TOLD_BY_PADDLEX = "(as PaddleX tells it)"
"""That of an error on a path whose form has none."""


@dataclass(frozen=True)
class Case:
    """One POST request: `codes` are the error codes that are right with `status`, READ for none.

    An answer of 200 must hold the text `says` and, unless it is 0, `read` pages.
    """

    name: str
    body: bytes = field(repr=False)
    content_type: str
    status: int
    codes: tuple[str | None, ...]
    says: str = ""
    read: int = 0
    accept: str = "application/json"
    path: str = "/ocr"


def document(name: str, data: bytes, status: int, *codes: str, says: str = "", read: int = 0, **fields: str) -> Case:
    """A case of a file that is uploaded; `fields` go beside it."""
    body, content_type = multipart(data, fields)
    return Case(name, body, content_type, status, codes or (READ,), says, read)


def as_json(name: str, fields: Any, status: int, *codes: str, says: str = "") -> Case:
    """A case of a JSON body."""
    return Case(name, json.dumps(fields).encode(), "application/json", status, codes or (READ,), says)


def raw(name: str, body: bytes, status: int, *codes: str, content_type: str = "application/json") -> Case:
    """A case of a body as it is."""
    return Case(name, body, content_type, status, codes or (READ,))


def multipart(data: bytes | None, fields: dict[str, str]) -> tuple[bytes, str]:
    """A multipart body with a file, and its Content-Type."""
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    if data is not None:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        parts.append(head.encode() + data + b"\r\n")
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"
