"""Bodies: what is no JSON, no multipart, no Base64 and no page range, and fields of every wrong kind."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from benchmarks.hostile.cases import Case, as_json, document, multipart, raw
from benchmarks.hostile.images import TEXT, encoded, page

_FORM = "multipart/form-data; boundary=b"


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _base64()
    yield from _json()
    yield from _fields()
    yield from _ranges()
    yield from _forms()
    yield from _types()


def _base64() -> Iterator[Case]:
    image = base64.b64encode(encoded(page())).decode()
    yield as_json("Base64", {"file": image}, 200, says=TEXT)
    yield as_json("Base64 in lines", {"file": "\r\n".join(image[at : at + 76] for at in range(0, len(image), 76))}, 200)
    yield as_json("data: URI", {"file": f"data:image/png;base64,{image}"}, 200, says=TEXT)
    yield as_json("data: URI that lies of its type", {"file": f"data:text/html;base64,{image}"}, 200, says=TEXT)
    bad = {
        "one character too many": image + "A",
        "a character that is none": "!" + image,
        "the alphabet of URLs": "-_" * 40,
        "padding in the middle": "QUJD====" + image,
        "a NUL in it": image[:50] + "\0" + image[50:],
        "other digits": "٣" * 400,
        "an address": "http://127.0.0.1/a.pdf",
        "a path": "/etc/passwd",
        "a data: URI without ;base64": "data:image/png,abc",
        "a data: URI without a comma": "data:image/png;base64",
        "a data: URI in a data: URI": f"data:a;base64,data:image/png;base64,{image}",
    }
    for name, text in bad.items():
        yield as_json(f"Base64 with {name}", {"file": text}, 422, "bad_base64")
    yield as_json("Base64 of nothing", {"file": ""}, 422, "empty_file")
    yield as_json("Base64 of 9 MB where 8 are allowed", {"file": "A" * 12_600_000}, 413, "body_too_large")
    yield as_json("12 MB of line breaks", {"file": "\n" * 12_000_000}, 413, "body_too_large")
    yield document("upload of 9 MB where 8 are allowed", bytes(9 << 20), 413, "body_too_large")


def _json() -> Iterator[Case]:
    malformed = {
        "nothing": b"",
        "half an object": b"{",
        "a list": b"[]",
        "a number": b"7",
        "null": b"null",
        "a string": b'"file"',
        "bytes that are no UTF-8": b'{"file": "\xff\xfe"}',
        "two objects": b"{}{}",
        "a trailing comma": b'{"file": "",}',
        "a comment": b'{"file": "" /* a */}',
        "100,000 lists in lists": b"[" * 100_000,
        "100,000 objects in objects": b'{"a":' * 100_000,
        "closed lists 100,000 deep": b'{"options": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "options 30 levels deep": b'{"file": "", "options": ' + b'{"vlmExtraArgs": ' * 30 + b"1" + b"}" * 31,
        "a number of 100,000 digits": b'{"dpi": ' + b"9" * 100_000 + b"}",
        "NaN without an end": b'{"dpi": NaN',
    }
    for name, body in malformed.items():
        yield raw(f"JSON that is {name}", body, 400, "malformed_body")
    yield raw("JSON in UTF-16", '{"file": ""}'.encode("utf-16"), 422, "empty_file")
    yield raw("empty object", b"{}", 422, "invalid_field")
    yield raw("a key twice", b'{"url": "x", "url": "y"}', 422, "url_refused")
    for name, body in {
        "the document": b'{"file": "\\ud800"}',
        "a label": b'{"file": "", "options": {"markdownIgnoreLabels": ["\\udfff"]}}',
        "an argument": b'{"file": "", "options": {"vlmExtraArgs": {"a": "\\ud800"}}}',
        "a name": b'{"\\ud800": ""}',
        "raw bytes": b'{"url": "\xed\xa0\x80"}',
    }.items():
        yield raw(f"half a surrogate pair in {name}", body, 400, "malformed_body")
    yield from _large(b'{"file": ""')
    many = json.dumps({f"field{number}": number for number in range(50_000)}).encode()
    yield raw("50,000 unknown fields", many, 422, "unknown_field")
    yield raw("a field with a name of 500,000 letters", json.dumps({"a" * 500_000: 1}).encode(), 422, "unknown_field")
    yield raw("a field called __proto__", b'{"__proto__": {"a": 1}}', 422, "unknown_field")


def _large(start: bytes) -> Iterator[Case]:
    """What is small on its way and large in memory, and what would go to Triton with every page."""
    for name, item in {"objects": b"{}", "lists": b"[]", "numbers": b"0", "names": b'{"":0}'}.items():
        body = start + b', "x": [' + b",".join([item] * (10_000_000 // (len(item) + 1))) + b"]}"
        yield raw(f"10 MB of {name}", body, 413, "body_too_large")
    for name, options in {
        "a label of 2 MB": {"markdownIgnoreLabels": ["a" * 2_000_000]},
        "20,000 labels": {"markdownIgnoreLabels": ["a" * 100] * 20_000},
        "100,000 thresholds": {"layoutThreshold": {str(number): 0.5 for number in range(200_000)}},
        "an argument of 2 MB": {"vlmExtraArgs": {"a": "b" * 2_000_000}},
    }.items():
        yield as_json(f"options with {name}", {"file": "", "options": options}, 413, "body_too_large")


def _fields() -> Iterator[Case]:
    image = base64.b64encode(encoded(page())).decode()
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"file": ["a"]}, "invalid_field"),
        ({"file": {"$ne": ""}}, "invalid_field"),
        ({"file": None}, "invalid_field"),
        ({"dpi": 1e308}, "invalid_field"),
        ({"dpi": -1}, "invalid_field"),
        ({"dpi": 10**30}, "invalid_field"),
        ({"dpi": "200; rm -rf /"}, "invalid_field"),
        ({"dpi": float("nan")}, "invalid_field"),
        ({"timeout": -1}, "invalid_field"),
        ({"timeout": float("inf")}, "invalid_field"),
        ({"timeout": "soon"}, "invalid_field"),
        ({"save": "maybe"}, "invalid_field"),
        ({"s3": True}, "not_configured"),
        ({"s3": "../../etc"}, "invalid_field"),
        ({"options": []}, "invalid_field"),
        ({"options": {"topP": 1e9}}, "invalid_field"),
        ({"options": {"temperature": -1}}, "invalid_field"),
        ({"options": {"maxNewTokens": 0}}, "invalid_field"),
        ({"options": {"layoutThreshold": {"text": 7}}}, "invalid_field"),
        ({"options": {"promptLabel": "'; DROP TABLE pages"}}, "invalid_field"),
        ({"options": {"__class__": 1}}, "unknown_field"),
        ({"url": "http://127.0.0.1/"}, "invalid_field"),
        ({"path": "/etc/passwd"}, "unknown_field"),
    ]
    for fields, code in wrong:
        name = json.dumps(fields)[:60]
        yield as_json(f"fields {name}", {"file": image, **fields}, 422, code)


def _ranges() -> Iterator[Case]:
    image = encoded(page())
    for name, text, code in [
        ("10,000 entries", ",".join(map(str, range(10_000))), "invalid_field"),
        ("333 open entries", ",".join(["1-"] * 333), None),
        ("333 entries beyond the end", ",".join(["9-"] * 333), "pages_outside"),
        ("a page of nine digits", "999999999", "pages_outside"),
        ("a range of nine digits", "1-999999999", "pages_outside"),
        ("a page of 900 digits", "9" * 900, "invalid_field"),
        ("page zero", "0", "invalid_field"),
        ("a negative page", "-1", "invalid_field"),
        ("a range backwards", "3-1", "invalid_field"),
        ("nothing", "", "invalid_field"),
        ("commas", ",,,,", "invalid_field"),
        ("words", "all", "invalid_field"),
        ("a formula", "1-2*3", "invalid_field"),
        ("other digits", "١-٣", "invalid_field"),
        ("a line break", "1\n2", "invalid_field"),
        ("a page that exists", " 1 ", None),
    ]:
        codes = () if code is None else (code,)
        yield document(f"page range of {name}", image, 422 if codes else 200, *codes, pages=text)


def _forms() -> Iterator[Case]:
    image = encoded(page())
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + image + b"\r\n"
    yield raw("multipart that is cut", part, 400, "malformed_body", content_type=_FORM)
    yield raw("multipart with a file twice", part * 2 + b"--b--\r\n", 400, "malformed_body", content_type=_FORM)
    yield raw("multipart of nothing", b"", 400, "malformed_body", content_type=_FORM)
    yield raw("multipart without a boundary", part, 400, "malformed_body", content_type="multipart/form-data")
    yield raw("multipart of nonsense", b"--b\r\n" + bytes(1000), 400, "malformed_body", content_type=_FORM)
    yield raw(
        "multipart with an endless head", b"--b\r\nX: " + b"a" * 500_000, 400, "malformed_body", content_type=_FORM
    )
    field = b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n'
    many = b"".join(field % number for number in range(1000)) + b"--b--\r\n"
    yield raw("multipart with 1,000 fields", many, 400, "malformed_body", content_type=_FORM)
    for name, fields, code in [
        ("options that are no JSON", {"options": "{"}, "invalid_field"),
        ("options 1,000 lists deep", {"options": "[" * 1000}, "invalid_field"),
        ("a url beside the file", {"url": "http://public.example/page.png"}, "invalid_field"),
        ("an unknown field", {"colour": "red"}, "unknown_field"),
        ("a field of 500,000 letters", {"pages": "1" * 500_000}, "invalid_field"),
    ]:
        sent, content_type = multipart(image, fields)
        yield raw(f"multipart with {name}", sent, 422, code, content_type=content_type)
    for charset in ("undefined", "punycode", "unicode_escape", "utf-16", "nobody-knows"):
        sent, content_type = multipart(image, {"pages": "\\ud800"})
        name = f"multipart in {charset}"
        yield raw(name, sent, 400, "malformed_body", content_type=f"{content_type}; charset={charset}")
    sent, content_type = multipart(image, {"pages": "1" * 700_000, "options": " " * 700_000})
    yield raw("multipart with two fields of 700,000 letters", sent, 413, "body_too_large", content_type=content_type)
    body, content_type = multipart(None, {"file": "text"})
    yield raw("multipart whose file is text", body, 422, "invalid_field", content_type=content_type)
    path = image.join((part[:60] + b'"; filename="../../../etc/passwd"\r\n\r\n', b"\r\n--b--\r\n"))
    yield raw("upload that is called ../../../etc/passwd", path, 200, content_type=_FORM)


def _types() -> Iterator[Case]:
    image = encoded(page())
    for content_type in (
        "image/png",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "application/json, multipart/form-data",
        "multipart/mixed; boundary=b",
        "x" * 5000,
        "",
    ):
        name = f"Content-Type {content_type[:40] or 'that is missing'}"
        yield raw(name, image, 415, "unsupported_body", content_type=content_type)
