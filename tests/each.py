"""One test over many cases that take no time each: as tests of their own, hundreds of them would take longer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Check = Callable[..., None]


def each(
    cases: Iterable[Any] | Callable[[], Iterable[Any]], name: Callable[[Any], object] = str
) -> Callable[[Check], Callable[[], None]]:
    """Makes one test of a check, which tells all cases that fail. A case that is a tuple is the check's arguments.

    Args:
        cases: a function, where they take time to find: every worker collects all tests, and runs its own only.
    """

    def make_test(check: Check) -> Callable[[], None]:
        def test() -> None:
            known, failed = list(cases() if callable(cases) else cases), []
            for case in known:
                try:
                    check(*case) if isinstance(case, tuple) else check(case)
                except AssertionError as error:
                    failed.append(f"{name(case)}: {error}")
            assert known, "there is no case"
            assert not failed, "\n".join(failed)

        test.__name__, test.__qualname__ = check.__name__, check.__qualname__
        test.__module__, test.__doc__ = check.__module__, check.__doc__
        return test

    return make_test
