"""API keys: their names, their hashes and their rates, as a file lists them.

    # name    SHA-256 of the key      rate, if it is another than RATE_LIMIT
    invoices  sha256:2c26b46b68ffc68ff99b453c1d304134…  600/minute

A name may stand there twice: the old key and the new one, while clients change over.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from limits import RateLimitItem

from gateway.access.rates import parse_rate

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HASH = re.compile(r"sha256:([0-9a-f]{64})")
_SECRET_BYTES = 32


class BadKeyFile(Exception):
    """The text lists no keys; the message names the line at fault, and nothing of what stands in it."""


@dataclass(frozen=True)
class Key:
    """One key: who holds it, the SHA-256 of it, and at which rate he may send; None is any."""

    name: str
    digest: bytes
    rate: RateLimitItem | None


@dataclass(frozen=True)
class Keyring:
    """The keys that are good."""

    keys: tuple[Key, ...]

    def find(self, presented: str) -> Key | None:
        """The key that `presented` is, or None; every key is compared, so that the time tells nothing."""
        # Keys are random and long: a slow hash would protect them no better.
        digest = hashlib.sha256(presented.encode("utf-8", "surrogateescape")).digest()
        found = None
        for key in self.keys:
            if hmac.compare_digest(key.digest, digest):
                found = key
        return found


def parse_keys(text: str, default_rate: RateLimitItem | None) -> Keyring:
    """The keys that `text` lists, a line each; those without a rate have `default_rate`.

    Raises BadKeyFile, also where there is no key at all: that would lock everybody out.
    """
    keys = []
    for number, line in enumerate(text.splitlines(), 1):
        if words := line.partition("#")[0].split():
            try:
                keys.append(_key(words, default_rate))
            except ValueError as error:
                raise BadKeyFile(f"line {number}: {error}") from None
    if not keys:
        raise BadKeyFile("it lists no key")
    return Keyring(tuple(keys))


def make_key() -> str:
    """A new key of 256 random bits."""
    return f"ocr_{secrets.token_urlsafe(_SECRET_BYTES)}"


def line_of(name: str, key: str, rate: str | None = None) -> str:
    """The line of a file that lists `key`. Raises ValueError where `name` or `rate` is none."""
    words = [name, f"sha256:{hashlib.sha256(key.encode()).hexdigest()}", *([rate] if rate else [])]
    _key(words, None)
    return "  ".join(words)


def _key(words: list[str], default_rate: RateLimitItem | None) -> Key:
    name, digest, *rate = [*words, ""] if len(words) == 1 else words
    if not _NAME.fullmatch(name):
        raise ValueError("the name has letters, digits, dots, hyphens and underscores, at most 64")
    found = _HASH.fullmatch(digest)
    if not found:
        raise ValueError("behind the name stands sha256: and 64 hexadecimal digits")
    if len(rate) > 1:
        raise ValueError("a line is a name, a hash and perhaps a rate")
    return Key(name, bytes.fromhex(found[1]), parse_rate(rate[0]) if rate else default_rate)
