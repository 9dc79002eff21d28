"""The names and addresses of the corpus' own network."""

from __future__ import annotations

PUBLIC = "93.184.216.34"
"""An address of the internet, on which the documents are."""
DENIED = "93.184.216.66"
"""One that URL_DENY lists."""
ALLOWED = "10.20.30.40"
"""An internal one that URL_ALLOW lists."""
SECRET = "10.66.66.66"
"""An internal one that nobody lists; nor are those of the clouds' metadata and of this machine."""

ADDRESSES = (PUBLIC, DENIED, ALLOWED, SECRET, "169.254.169.254", "168.63.129.16", "100.100.100.200", "192.168.0.1")

ZONE: dict[str, tuple[str, ...]] = {
    "public.example": (PUBLIC,),
    "tls.example": (PUBLIC,),
    "other.example": (PUBLIC,),
    "alias.example": ("public.example", PUBLIC),
    "xn--bcher-kva.example": (PUBLIC,),
    "denied.example": (PUBLIC,),
    "below.denied.example": (PUBLIC,),
    "at-denied.example": (DENIED,),
    "allowed.example": (ALLOWED,),
    "inside.example": (SECRET,),
    "both.example": (PUBLIC, SECRET),
    "many.example": (*(f"93.184.216.{last}" for last in range(100, 120)), SECRET),
    "alias-inside.example": ("inside.example", SECRET),
    "loopback.example": ("127.0.0.1",),
    "loopback6.example": ("::1",),
    "both-families.example": (PUBLIC, "::1"),
    "metadata.example": ("169.254.169.254",),
    "azure.example": ("168.63.129.16",),
    "alibaba.example": ("100.100.100.200",),
    "any.example": ("0.0.0.0",),
    "any6.example": ("::",),
    "mapped.example": ("::ffff:a42:4242",),
    "nat64.example": ("64:ff9b::a42:4242",),
    "6to4.example": ("2002:a42:4242::1",),
    "private6.example": ("fd00::1",),
    "link-local6.example": ("fe80::1",),
    "multicast.example": ("224.0.0.1",),
    "broadcast.example": ("255.255.255.255",),
    "unreachable.example": ("93.184.216.99",),
}
"""Names and what they resolve to; a name among the addresses is the one that it stands for."""

REBINDING: dict[str, tuple[tuple[str, ...], ...]] = {
    "rebinding.example": ((PUBLIC,), (SECRET,)),
    "rebinding-loopback.example": ((PUBLIC,), ("127.0.0.1",)),
    "rebinding-metadata.example": ((PUBLIC,), ("169.254.169.254",)),
    "rebinding-redirect.example": ((PUBLIC,), (SECRET,)),
    "rebinding-back.example": ((SECRET,), (PUBLIC,)),
}
"""Names that resolve to something else when they are asked for again."""

SILENT = frozenset({"silent.example"})
"""Names on which the server keeps its answer for seconds."""
