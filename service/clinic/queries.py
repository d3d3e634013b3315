"""Every select() of the clinic that is not a Success Stories strategy."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.errors import ClinicNotFound
from clinic.models import Clinic, Veterinarian


def all_clinics(session: Session) -> Sequence[Clinic]:
    """Return the clinics by name, in one statement."""
    return session.scalars(select(Clinic).order_by(Clinic.name, Clinic.id)).all()


def veterinarians_of(session: Session, clinic_name: str) -> Sequence[Veterinarian]:
    """Return a clinic's veterinarians by name, in one statement; raise ClinicNotFound."""
    found = session.scalars(
        select(Veterinarian)
        .join(Clinic, Clinic.id == Veterinarian.clinic_id)
        .where(Clinic.name == clinic_name)
        .order_by(Veterinarian.surname, Veterinarian.given_name, Veterinarian.id)
    ).all()
    if not found and not clinic_exists(session, clinic_name):
        raise ClinicNotFound(clinic_name)
    return found


def clinic_exists(session: Session, clinic_name: str) -> bool:
    """Tell whether there is a clinic of that name."""
    return session.scalar(select(Clinic.id).where(Clinic.name == clinic_name)) is not None


def is_answering(session: Session) -> bool:
    """Tell whether the database answers and holds a clinic; raise what the driver raises if not."""
    return session.scalar(select(Clinic.id).limit(1)) is not None
