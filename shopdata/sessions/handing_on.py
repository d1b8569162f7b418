"""A shop is given another id: what is kept of its sign-ins goes along."""

from __future__ import annotations

from shopdata.sessions.places import Place


def names_of(place: Place, platform: str, shop_id: str) -> list[str]:
    """What is kept of a shop: session, device and whatever else bears its id."""
    return sorted(name for name in place.stamps() if name.rpartition(".")[0] == f"{platform}_{shop_id}")


def hand_on(place: Place, platform: str, old: str, new: str) -> None:
    """Renames them, over what the new id has; may be done again.

    Raises:
        DiskError, LedgerError: the place can't be written, or another process does not let go of it.
        UnreadableError: one is damaged, or was saved with another key.
    """
    for name in names_of(place, platform, old):
        target = f"{platform}_{new}.{name.rpartition('.')[2]}"
        content = place.read(name)
        if content is not None:
            with place.alone(target) as theirs:
                theirs.write(target, content)
            with place.alone(name) as own:
                own.remove(name)


def forget(place: Place, platform: str, shop_id: str) -> None:
    """Removes them. Raises DiskError, LedgerError."""
    for name in names_of(place, platform, shop_id):
        with place.alone(name) as own:
            own.remove(name)
