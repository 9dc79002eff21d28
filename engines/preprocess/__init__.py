"""Preprocessing engines: photographed pages in, upright and flat pages out. One module an engine."""
