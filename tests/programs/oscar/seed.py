"""Fill a shop by Oscar's own factories: books in three categories, customers, their orders."""

from datetime import UTC, datetime, timedelta

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402  # it needs Django's set-up
from oscar.apps.basket.models import Basket  # noqa: E402
from oscar.apps.catalogue.categories import create_from_breadcrumbs  # noqa: E402
from oscar.apps.catalogue.models import Product, ProductCategory  # noqa: E402
from oscar.apps.catalogue.reviews.models import ProductReview  # noqa: E402
from oscar.apps.partner.strategy import Default  # noqa: E402
from oscar.test import factories  # noqa: E402

BOOKS = 12
ORDERS = 8


def main() -> None:
    users = get_user_model().objects
    users.create_superuser("admin", "admin@example.org", "admin")
    customer = users.create_user("ada", "ada@example.org", "ada")
    factories.CountryFactory(iso_3166_1_a2="GB", is_shipping_country=True)
    books = [_book(number) for number in range(BOOKS)]
    for book in books[:6]:
        ProductReview.objects.create(
            product=book, score=4, title="Read it", body="Twice", user=customer
        )
    for number in range(ORDERS):
        _order(str(1000 + number), customer, books[number : number + 3])
    basket = Basket.objects.create(owner=customer)
    basket.strategy = Default()
    for book in books[:6]:
        basket.add_product(book)


def _book(number: int) -> Product:
    book = factories.create_product(
        upc=f"978-{number}", title=f"Book {number}", num_in_stock=50, price=10 + number
    )
    category = create_from_breadcrumbs(f"Books > Shelf {number % 6}")
    ProductCategory.objects.create(product=book, category=category)
    return book


def _order(number: str, customer: object, books: list[Product]) -> None:
    basket = Basket.objects.create(owner=customer)
    basket.strategy = Default()
    for book in books:
        basket.add_product(book)
    factories.create_order(
        number=number,
        basket=basket,
        user=customer,
        shipping_address=factories.ShippingAddressFactory(),
        date_placed=datetime.now(UTC) - timedelta(days=int(number) % 100),
    )
    basket.submit()


if __name__ == "__main__":
    main()
