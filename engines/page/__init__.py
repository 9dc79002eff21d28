"""The page pipeline: an encoded page image in, Markdown and blocks out, by the official PaddleX assembly."""
