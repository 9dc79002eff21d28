"""What ends the supervisor.

SupervisorError
├── SettingsError      a variable of the environment can't be used
├── PortUnavailable    an address is taken, or is not this machine's
├── AlreadyRunning     another supervisor has RUN_DIR
├── WeightsError       MODEL_DIR does not hold whole weights
├── StartFailed        Triton or the gateway did not come up
├── GaveUp             one of them failed too often
└── SampleFailed       the sample could not be read
"""

from __future__ import annotations


class SupervisorError(Exception):
    """The base; the message is for the operator and says what to do."""

    exit_status = 1


class SettingsError(SupervisorError):
    """A variable of the environment has a value that can't be used; the message names it."""

    exit_status = 78
    """EX_CONFIG of sysexits.h: starting again will not help."""


class PortUnavailable(SupervisorError):
    """An address is taken, or is not one of this machine; the message names the setting that moves it."""

    exit_status = 78


class AlreadyRunning(SupervisorError):
    """Another supervisor keeps its logs in the same RUN_DIR."""

    exit_status = 78


class WeightsError(SupervisorError):
    """MODEL_DIR does not hold the weights that the engines need; the message names each file that is wrong."""

    exit_status = 78


class StartFailed(SupervisorError):
    """Triton or the gateway did not come up; the message ends with the reason from its log."""


class GaveUp(SupervisorError):
    """Triton or the gateway failed more often than RESTARTS_MAX allows."""


class SampleFailed(SupervisorError):
    """The gateway did not read the sample."""
