"""The parts of the engine that reads nothing: it sleeps in a GPU's place, for capacity tests. See docs/scaling.md."""
