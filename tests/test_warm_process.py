"""Commands in forked processes, as the template tells of them."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from template_process import Order
from warm_process import Template, WarmProcess

ORDER = Order((), Path(), {}, (Path(), Path(), Path()), 0)


class Told:
    """A connection to a template that has all of this to tell."""

    def __init__(self, *news: tuple[int, int | None]) -> None:
        self._news = list(news)

    def send(self, _order: object) -> None:
        """An order."""

    def recv(self) -> tuple[int, int | None]:
        return self._news.pop(0)

    def poll(self) -> bool:
        return bool(self._news) and self._news[0][1] is not None


@pytest.fixture
def template() -> Template:
    made: Any = object.__new__(Template)
    made._lock, made._running = threading.Lock(), {}
    # The first has ended before the second began, whose number is the same.
    made._connection = Told((7, None), (7, 1), (7, None), (7, 0))
    found: Template = made
    return found


def test_a_number_that_is_given_anew_is_another_process(template: Template) -> None:
    first: WarmProcess = template.run(ORDER)
    second = template.run(ORDER)
    assert (first.pid, second.pid) == (7, 7)
    assert (first.poll(), second.poll()) == (1, 0)
