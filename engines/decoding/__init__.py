"""Batched decoding for PaddleOCR-VL: the official weights and modules under a decode loop that many crops share.

A crop becomes a prompt (`prompts`), its picture goes through the vision tower (`vision`), its prompt through the
language model (`decoder`: prefill), which leaves keys and values in a cache of rows (`cache`). Then every step decodes
one token of every row at once (`decoder`: step); rows that end leave, and waiting crops join between steps (`loop`).
"""
