"""A receiver of webhooks, and channels that lead to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from webhook_receiver import SECRET, MakeAlerts, Receiver, webhook_receiver

from shopdata.config import Alerts


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Takes what the platforms would take."""
    with webhook_receiver() as found:
        yield found


@pytest.fixture
def make_alerts(receiver: Receiver) -> MakeAlerts:
    """Makes an alerts.yaml with one channel for each of the kinds."""

    def make(*kinds: str, channel: dict[str, Any] | None = None, **more: Any) -> Alerts:
        channels = [
            {
                "name": kind,
                "kind": kind,
                "url": receiver.url(kind),
                "secret": SECRET if kind in ("dingtalk", "feishu") else "",
                **(channel or {}),
            }
            for kind in kinds
        ]
        return Alerts.model_validate({"channels": channels, "max_tries": 1, **more})

    return make
