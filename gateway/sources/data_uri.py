"""Base64 and data: URIs (RFC 4648, RFC 2397)."""

from __future__ import annotations

import base64
import binascii

from gateway.errors import BadBase64, BodyTooLarge

_LINE_BREAKS = {ord(character): None for character in "\r\n\t "}


def decode(text: str, max_bytes: int) -> bytes:
    """The bytes that `text` holds, as Base64 or as a Base64 data: URI; line breaks, as MIME writes them, are allowed.

    Raises BadBase64 on any other character, wrong padding or a data: URI without ;base64, BodyTooLarge over
    `max_bytes`.
    """
    encoded = text
    if text[:5].lower() == "data:":
        head, comma, encoded = text.partition(",")
        if not comma or not head.lower().endswith(";base64"):
            raise BadBase64("file is a data: URI, but not of the form data:…;base64,…", param="file")
    elif text[:8].lower().startswith(("http://", "https://")):
        raise BadBase64("file holds an address: send it as url", param="file")
    if len(encoded) * 3 // 4 > max_bytes + 3 and len(encoded.translate(_LINE_BREAKS)) * 3 // 4 > max_bytes + 3:
        raise too_large(max_bytes)
    try:
        data = base64.b64decode(encoded.translate(_LINE_BREAKS), validate=True)
    except (binascii.Error, ValueError):
        raise BadBase64(
            "file is not Base64: it holds other characters than A-Z, a-z, 0-9, + and /, or its padding is wrong",
            param="file",
        ) from None
    if len(data) > max_bytes:
        raise too_large(max_bytes)
    return data


def too_large(max_bytes: int) -> BodyTooLarge:
    """The error of a document over MAX_UPLOAD_BYTES, wherever it comes from."""
    return BodyTooLarge(f"the document has more than {max_bytes} bytes: MAX_UPLOAD_BYTES sets the limit", param="file")
