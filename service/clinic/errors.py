"""Define what can go wrong in the clinic; error_answers renders it.

    ClinicError                 500
    ├── SettingsError           raised before there is an application
    ├── SeedError               raised by the command line
    ├── FlagsError              raised by the command line
    ├── TelemetryError          raised at start-up: a statement would leave no span
    ├── BadRequest              400  malformed query or body
    ├── CrossSiteRequest        403  another site's page sent a form here
    ├── NotFound                404
    │   ├── ClinicNotFound           the name is not that of a clinic
    │   └── RecordNotFound           the clinic, owner, veterinarian or appointment does not exist
    ├── ComingSoon              404  as JSON; a page of its own (200) for browsers
    ├── SlotTaken               409  the veterinarian has another appointment then
    ├── TooLateToCancel         409  the appointment has begun
    ├── RuleBroken              422  an appointment that the clinic does not make
    ├── DatabaseUnavailable     503  unreachable, missing, or not a database
    └── DatabaseOutdated        503  another version made its tables

The commands import this as well: it loads nothing but the standard library.
"""

import uuid
from http import HTTPStatus


class ClinicError(Exception):
    """Let callers catch everything that this module defines; others raise errors of their own."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR


class SettingsError(ClinicError):
    """Report that an environment variable holds something that cannot be used."""


class SeedError(ClinicError):
    """Report that a database cannot be seeded as asked."""


class FlagsError(ClinicError):
    """Report that the flag file cannot be read or changed as asked."""


class TelemetryError(ClinicError):
    """Report that the telemetry that was asked for would be silently incomplete."""


class BadRequest(ClinicError):
    """Report that the request cannot be understood."""

    status = HTTPStatus.BAD_REQUEST


class CrossSiteRequest(ClinicError):
    """Report that a page of another site wants to change something here (CSRF)."""

    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__("This was sent from another site's page; use the clinic's own pages.")


class NotFound(ClinicError):
    """Report that what was asked for is not there."""

    status = HTTPStatus.NOT_FOUND


class RecordNotFound(NotFound):
    """Report that there is nothing of that kind with that id."""

    def __init__(self, kind: str, record_id: uuid.UUID) -> None:
        super().__init__(f"There is no {kind} {record_id}.")


class ClinicNotFound(NotFound):
    """Report that no clinic has the name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no clinic named {name!r}.")


class ComingSoon(ClinicError):
    """Report that this visitor is not in the audience yet, which is not a failure."""

    status = HTTPStatus.NOT_FOUND

    def __init__(self, clinic_name: str) -> None:
        super().__init__("Success stories are coming soon.")
        self.clinic_name = clinic_name


class SlotTaken(ClinicError):
    """Report that the veterinarian has another appointment at that time."""

    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("This time has just been taken; choose another one.")


class TooLateToCancel(ClinicError):
    """Report that an appointment that has begun stays in the books."""

    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("This appointment has begun, or is over; it can no longer be cancelled.")


class RuleBroken(ClinicError):
    """Report that the clinic does not make such an appointment; the message says why."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class DatabaseUnavailable(ClinicError):
    """Report that the database does not answer, or is not the clinic's."""

    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self) -> None:
        super().__init__("The database cannot be reached at the moment. Please try again shortly.")


class DatabaseOutdated(ClinicError):
    """Report that another version of the clinic made the tables."""

    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, found: int, wanted: int) -> None:
        super().__init__(
            f"The database has schema version {found}, and this clinic works with {wanted}: "
            "seed it again with `clinic seed --force`, which replaces its data."
        )
