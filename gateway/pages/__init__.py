"""Documents made into page images, in processes of their own.

`pool.RendererPool` is what the rest of the gateway uses. `worker` is what runs in the processes; only it, `images`,
`pdfium` and `poppler` ever decode a stranger's bytes.
"""
