"""Layout engines: page images in, labelled boxes in reading order out. One module an engine."""
