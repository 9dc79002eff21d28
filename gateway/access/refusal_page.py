"""The 401 that a person reads who came with a browser."""

from __future__ import annotations

from html import escape

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API key needed</title>
<style>
:root {{ color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }}
body {{ max-width: 40rem; margin: 4rem auto; padding: 0 1rem }}
</style>
</head>
<body>
<main>
<h1>This server asks for an API key</h1>
<p>Its operator gives keys out. Programs send theirs in a header: {headers}.</p>
{page}</main>
</body>
</html>
"""
_READING = '<p>People read documents at <a href="{address}">the page of this server</a>, which takes a key.</p>\n'


def refusal_page(headers: str, path: str, *, with_ui: bool) -> str:
    """HTML for `path` that names the `headers` which take a key, and with `with_ui` leads to /ui.

    The address is relative: a proxy may have put all of them below a path of its own.
    """
    address = "../" * (path.count("/") - 1) + "ui"
    return _PAGE.format(headers=escape(headers), page=_READING.format(address=address) if with_ui else "")
