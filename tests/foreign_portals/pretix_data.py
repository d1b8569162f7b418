"""What a small organizer has sold, entered by pretix's own models: run by `python -m pretix shell`, not by the tests.

Reads `FOREIGN_TODAY` (ISO), `FOREIGN_USER` and `FOREIGN_PASSWORD`.
"""

import datetime as dt
import os
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction
from django_scopes import scopes_disabled
from pretix.base.models import Event, Order, OrderPosition, Organizer, Team, User

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = dt.date.fromisoformat(os.environ["FOREIGN_TODAY"])
#: Orders of a day: their times, the day's first and last minute among them, and how they stand.
TIMES = ("00:00:20", "08:15:00", "12:40:10", "15:05:59", "21:30:00", "23:59:30")
STATES = (Order.STATUS_PAID, Order.STATUS_PENDING, Order.STATUS_PAID, Order.STATUS_CANCELED)


def enter() -> None:
    """One event, two products, some orders on each of the last thirty days: never as many on one as on the next."""
    user = User.objects.create_user(os.environ["FOREIGN_USER"], os.environ["FOREIGN_PASSWORD"], locale="en")
    user.timezone = "Asia/Shanghai"
    user.save()
    organizer = Organizer.objects.create(name="Tea Society", slug="tea")
    team = Team.objects.create(
        organizer=organizer, name="Office", all_events=True, all_event_permissions=True, all_organizer_permissions=True
    )
    team.members.add(user)
    event = Event.objects.create(
        organizer=organizer,
        name="Tea Fair",
        slug="fair",
        currency="CNY",
        live=True,
        date_from=dt.datetime.combine(TODAY + dt.timedelta(days=60), dt.time(10), ZONE),
        plugins="pretix.plugins.checkinlists,pretix.plugins.reports",
    )
    event.settings.timezone = "Asia/Shanghai"
    event.settings.locale = "en"
    event.settings.region = "GB"
    items = [
        event.items.create(name=name, default_price=Decimal(price)) for name, price in (("Day", "88"), ("Week", "360"))
    ]
    for back in range(30):
        day = TODAY - dt.timedelta(days=back)
        for number, time in enumerate(TIMES[: 2 + back % 5] + TIMES[-1:]):
            _order(event, items, dt.datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=ZONE), back * 10 + number)


@transaction.atomic
def _order(event: Event, items: list, moment: dt.datetime, number: int) -> None:
    many = 1 + number % 3
    item = items[number % 2]
    order = Order.objects.create(
        event=event,
        code=f"T{number:04d}",
        status=STATES[number % 4],
        email=f"guest{number}@example.com",
        locale="en",
        datetime=moment,
        expires=moment + dt.timedelta(days=14),
        total=item.default_price * many,
        sales_channel=event.organizer.sales_channels.get(identifier="web"),
    )
    # `datetime` is set by the model on its own where it is new.
    Order.objects.filter(pk=order.pk).update(datetime=moment)
    for position in range(many):
        OrderPosition.objects.create(
            order=order,
            item=item,
            price=item.default_price,
            positionid=position + 1,
            attendee_name_parts={"_scheme": "full", "full_name": f"Guest {number}-{position}"},
        )
    order.create_transactions(is_new=True, dt_now=moment)
    if order.status == Order.STATUS_PAID:
        order.payments.create(
            provider="banktransfer", amount=order.total, state="confirmed", payment_date=moment, info="{}"
        )


with scopes_disabled():
    enter()
