"""The live seat numbers of every session, in order."""

from scheduling.models import Session


def found() -> list[list[int]]:
    return [
        sorted(one.bookings.filter(live=True).values_list("seat", flat=True))
        for one in Session.objects.order_by("pk")
    ]
