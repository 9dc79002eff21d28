"""Makes a fresh Debian or Ubuntu machine ready: `python -m scripts.setup`.

Only the standard library is used: nothing else is installed yet. What is in place already is left alone, so that a
second run takes a second and needs no network.
"""
