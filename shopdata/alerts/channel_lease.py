"""Who may notify a channel now: one run at a time, and not more messages a minute than its platform takes."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from shopdata.alerts.channels.posting import Deadline
from shopdata.ledger.notifications import Notifications

_LOOK_EVERY_SECONDS = 0.2
_MINUTE = timedelta(minutes=1)


class ChannelLease:
    """Kept in the ledger, so that it holds for all runs on all machines that share it.

    Args:
        hold_seconds: a run that was killed while it held one is not waited for any longer than this.
    """

    def __init__(self, notifications: Notifications, run_id: str, hold_seconds: float) -> None:
        self._notifications = notifications
        self._hold = timedelta(seconds=hold_seconds)
        self._owner = f"{run_id}-{secrets.token_hex(4)}"

    def acquire(self, channel: str, deadline: Deadline, clock: Callable[[], datetime]) -> bool:
        """Waits until nobody else notifies this channel; False if that does not happen before the deadline."""
        while not self._take(channel, clock()):
            if deadline.seconds_left < _LOOK_EVERY_SECONDS:
                return False
            time.sleep(_LOOK_EVERY_SECONDS)
        return True

    def _take(self, channel: str, now: datetime) -> bool:
        def work(state: Mapping[str, Any]) -> Mapping[str, Any] | None:
            until = state.get("until")
            is_held = state.get("owner") not in (None, self._owner)
            if is_held and until is not None and now < datetime.fromisoformat(until):
                return None
            until = (now + self._hold).isoformat()
            return {**state, "owner": self._owner, "until": until}

        return self._notifications.change(_topic(channel), work, now)

    def release(self, channel: str, now: datetime) -> None:
        """Lets the next one."""

        def work(state: Mapping[str, Any]) -> Mapping[str, Any] | None:
            if state.get("owner") != self._owner:
                return None
            return {name: value for name, value in state.items() if name not in ("owner", "until")}

        self._notifications.change(_topic(channel), work, now)

    def count_message(self, channel: str, messages_per_minute: int, now: datetime) -> bool:
        """Counts a message; False if there were enough in the last minute."""

        def work(state: Mapping[str, Any]) -> Mapping[str, Any] | None:
            sent = [at for at in state.get("sent_at", ()) if now - datetime.fromisoformat(at) < _MINUTE]
            return None if len(sent) >= messages_per_minute else {**state, "sent_at": [*sent, now.isoformat()]}

        return self._notifications.change(_topic(channel), work, now)


def _topic(channel: str) -> str:
    return f"turns/{channel}"
