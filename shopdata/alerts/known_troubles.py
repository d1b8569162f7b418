"""What a channel was told of a shop's trouble: once, and again only after the shop had been well in between.

Each day has its own cells, and a shop that waits for a person has the same trouble in each. Nobody is told that every
morning: it counts as told, until a file of the shop is in the lake again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from shopdata.alerts.causes import Trouble
from shopdata.alerts.snapshot import Day


def key_in(dataset: str, trouble: Trouble) -> str:
    """Equal for the same trouble of a shop on any day; a sign-in is the same for all datasets."""
    return trouble.key if trouble.topic == "needs_login" else f"{dataset}|{trouble.key}"


def open_after(day: Day, known: Mapping[str, str], told: Collection[Trouble]) -> dict[str, str]:
    """What is open once a day was told: of whoever is well again, nothing is.

    Args:
        known: for each key the last day of the period that it was told of.
        told: the troubles that were sent.
    """
    last = day.dt[-10:]
    found = {key_in(day.dataset, trouble) for trouble in day.troubles}
    stays = {key: dt for key, dt in known.items() if key in found or dt > last or not _is_over(day, key)}
    return stays | {key_in(day.dataset, trouble): last for trouble in told}


def _is_over(day: Day, key: str) -> bool:
    """True if a day says that a trouble, which it does not have, is over."""
    of, shop = key.partition("|")[0], key.rpartition("|")[2]
    if of not in (day.dataset, "needs_login"):
        return False
    # "" is Dremio, of which a published day says something; a shop that is no longer collected has not recovered.
    return shop in day.there if shop else bool(day.there)
