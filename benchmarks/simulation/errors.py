"""The error tree of the simulation.

SimulationError
├── BadStages       the times of the stages can't be read, or are no times
├── NoDecodeLoop    an engine that tells nothing of prefills and steps can't be measured
└── NoPlan          no number of machines is enough
"""

from __future__ import annotations


class SimulationError(Exception):
    """Anything that the commands stop with; its text says what is wrong."""


class BadStages(SimulationError):
    """A file of stages can't be read, or a value can't be."""


class NoDecodeLoop(SimulationError):
    """The engine tells nothing of prefills and steps: the lite one, or a server at VLM_URL."""


class NoPlan(SimulationError):
    """No number of machines is enough."""
