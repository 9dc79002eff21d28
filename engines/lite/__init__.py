"""The parts of the lite engine: documents on a CPU, with models that ship inside PyPI wheels."""
