"""Parity: the same pages on the same made weights, through the official pipeline and through this server."""
