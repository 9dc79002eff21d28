"""Documents made into page images, in processes of their own.

`pool.RendererPool` is what the rest of the gateway uses. `worker` is what runs in the processes, with `images`,
`pdfium` and `poppler`. Only they decode a stranger's bytes, but for JPEG and PNG: what decoded here is handed on as it
came, and decoded once more in Triton's process, unless REENCODE_IMAGES is on.
"""
