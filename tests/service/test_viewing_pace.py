"""Nobody's script floods a page that a person holds: sixty batches of input a second are what a hand makes."""

from __future__ import annotations

from datetime import UTC, datetime

from shopdata.service.live.person import Person
from shopdata.service.live.viewing import LiveNow, Viewing


def test_a_second_takes_sixty_batches() -> None:
    viewing = Viewing("shop", Person("anna", "nonce"), datetime.now(UTC), LiveNow())
    assert not any(viewing.is_too_fast(10 + number / 100) for number in range(60))
    assert viewing.is_too_fast(10.99)
    # What was refused does not count.
    assert not viewing.is_too_fast(11)
    assert viewing.is_too_fast(11.005)
    assert not viewing.is_too_fast(11.01)
