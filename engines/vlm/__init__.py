"""Recognition engines: crops of a page and a prompt in, text out. One module an engine."""
