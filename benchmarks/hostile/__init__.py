"""Hostile inputs of every kind, made by script and sent to the running product; each has one answer that is right."""
