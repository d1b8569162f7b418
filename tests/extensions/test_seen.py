"""What a person who watches a run is shown of it."""

from __future__ import annotations

from shopdata.extensions.seen import Seen
from shopdata.states import CellState
from shopdata.wording import Texts

DAY, NEXT = "2026-03-01", "2026-03-02"


def shown(seen: Seen) -> list[tuple[str, str, str, str]]:
    return [(shop, dt, str(state), text) for (dt, shop), state, text in seen.pressing_first()]


def test_a_sign_in_is_seen_at_the_shops_first_cell() -> None:
    seen = Seen([(DAY, "a"), (NEXT, "a"), (DAY, "b")], 0)
    seen.shop_stepped("a", "waits for the browser")
    seen.shop_stepped("a", "signing in")
    assert shown(seen) == [
        ("a", DAY, "running", "signing in"),
        ("b", DAY, "pending", ""),
        ("a", NEXT, "pending", ""),
    ]
    seen.stepped((DAY, "a"), "create", 1)
    assert shown(seen)[0] == ("a", DAY, "running", "signing in"), "what it waits for counts, whatever began before"
    seen.shop_stepped("a", "")
    assert shown(seen)[0] == ("a", DAY, "running", "create")


def test_it_ends_on_published() -> None:
    seen = Seen([(DAY, "a"), (DAY, "b"), (DAY, "c")], 0)
    seen.settled((DAY, "a"), CellState.STAGED, "20 rows", 1)
    seen.settled((DAY, "b"), CellState.EMPTY, "0 rows", 2)
    seen.settled((DAY, "c"), CellState.FAILED, "HTTP 502", 3)
    assert seen.so_far(Texts("en"), 4) == "2/3 done, 1 failed, 4 s, merging"
    seen.published(DAY, {"a", "b"}, 5)
    assert shown(seen) == [
        ("c", DAY, "failed", "HTTP 502"),
        ("a", DAY, "published", "20 rows"),
        ("b", DAY, "empty", "0 rows"),
    ]
    assert seen.so_far(Texts("en"), 6) == "2/3 done, 1 failed, 6 s"


def test_what_was_not_asked_says_nothing_about_the_time_that_is_left() -> None:
    seen = Seen([(DAY, f"{number}") for number in range(30)], 0)
    for number in range(20):
        seen.settled((DAY, f"{number}"), CellState.NEEDS_LOGIN, "parked", 1)
    assert seen.so_far(Texts("en"), 10) == "0/30 done, 20 failed, 10 s"
    seen.stepped((DAY, "20"), "create", 10)
    seen.settled((DAY, "20"), CellState.STAGED, "1 rows", 20)
    assert seen.so_far(Texts("en"), 20) == "1/30 done, 20 failed, 20 s, about 3 min left"
