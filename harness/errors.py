"""Define what can keep a process from being started, asked or waited for.

HarnessError             2   the exit code of a command that ends with it
├── BackendError         2   a part gave no usable answer
├── ChildDied            2   a process ended early
├── ClinicError          2   the clinic does not answer, or not as a clinic does
├── DeadlinePassed       2   what was waited for did not happen
├── PortTaken            2
├── ToolMissing          2
└── Interrupted      128+n   signal n ended it
"""

import signal


class HarnessError(Exception):
    """Say what went wrong, and what to do next."""

    exit_code = 2


class BackendError(HarnessError):
    pass


class ChildDied(HarnessError):
    pass


class ClinicError(HarnessError):
    pass


class DeadlinePassed(HarnessError):
    pass


class PortTaken(HarnessError):
    pass


class ToolMissing(HarnessError):
    pass


class Interrupted(HarnessError):
    """Say which signal asked for the end."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"Stopped by {signal.Signals(signal_number).name}.")
        self.exit_code = 128 + signal_number
