"""Fill ihatemoney's database by its models: a flat of six people, and a year of their bills."""

from datetime import date, timedelta

from ihatemoney.models import Bill, Person, Project, db
from ihatemoney.run import create_app
from ihatemoney.utils import generate_password_hash

PEOPLE = ("Ada", "Bea", "Cem", "Dag", "Eve", "Fay")
BILLS = 24


def main() -> None:
    with create_app().app_context():
        flat = Project(
            id="flat",
            name="Flat",
            password=generate_password_hash("flat"),
            contact_email="flat@example.org",
            default_currency="XXX",
        )
        people = [Person(name=name, project=flat) for name in PEOPLE]
        db.session.add(flat)
        db.session.commit()
        for number in range(BILLS):
            payer = people[number % len(people)]
            bill = Bill(
                amount=10 + number,
                date=date(2026, 1, 1) + timedelta(days=14 * number),
                original_currency="XXX",
                owers=people[number % 3 :],
                payer_id=payer.id,
                project_default_currency="XXX",
                what=f"Shopping {number}",
            )
            db.session.add(bill)
            db.session.commit()


if __name__ == "__main__":
    main()
