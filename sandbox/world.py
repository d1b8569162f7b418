"""The accounts of a sandbox: its shops, their passwords, and the sessions that the server honours."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class SandboxShop:
    """One shop and the account that opens it. `number` counts from 1 within its platform."""

    id: str
    name: str
    platform: str
    username: str
    first_password: str
    number: int


@dataclass(frozen=True, slots=True)
class SandboxSession:
    """What the server remembers of a sign-in; `expires_at` is in seconds since 1970."""

    shop_id: str
    expires_at: float
    is_ended: bool = False

    def is_alive(self) -> bool:
        """Says whether the server still honours it."""
        return not self.is_ended and time.time() < self.expires_at


class World:
    """Shops, passwords and sessions. Safe to use from several threads.

    Tokens are kept as digests only, so neither memory dumps nor the state file hand out a session.
    """

    def __init__(
        self,
        shops: tuple[SandboxShop, ...],
        *,
        session_seconds: float,
        clock_skew_seconds: float = 0.0,
        state_file: Path | None = None,
    ) -> None:
        self.shops = shops
        self._by_id = {shop.id: shop for shop in shops}
        # The first of those that one login opens.
        self._by_username = {shop.username: shop for shop in reversed(shops)}
        self._passwords = {shop.username: shop.first_password for shop in shops}
        self._session_seconds = session_seconds
        self._skew = dt.timedelta(seconds=clock_skew_seconds)
        self._state_file = state_file
        self._lock = threading.Lock()
        self._sessions = _read_sessions(state_file)
        self._devices: defaultdict[str, set[str]] = defaultdict(set)
        self._seen_devices: dict[str, str] = {}

    def shop(self, shop_id: str) -> SandboxShop:
        """The shop of that id. Raises `ValueError` with the ids there are."""
        if shop_id not in self._by_id:
            raise ValueError(f"the sandbox has no shop {shop_id!r}; it has {', '.join(self._by_id)}")
        return self._by_id[shop_id]

    def account(self, username: str) -> SandboxShop | None:
        """The shop that a user name opens, the first where it opens several, or None."""
        return self._by_username.get(username)

    def shops_of(self, username: str) -> tuple[SandboxShop, ...]:
        """All shops that a user name opens."""
        return tuple(shop for shop in self.shops if shop.username == username)

    def now(self) -> dt.datetime:
        """The portal's clock, in Asia/Shanghai."""
        return dt.datetime.now(SHANGHAI) + self._skew

    def password(self, shop_id: str) -> str:
        """The password that the portal accepts for a shop at this moment."""
        username = self.shop(shop_id).username
        with self._lock:
            return self._passwords[username]

    def change_password(self, shop_id: str, password: str) -> None:
        """Makes the portal accept another password from now on; live sessions stay alive."""
        username = self.shop(shop_id).username
        with self._lock:
            self._passwords[username] = password

    def is_password(self, shop_id: str, password: str) -> bool:
        """Says whether the password opens the shop."""
        return hmac.compare_digest(self.password(shop_id).encode(), password.encode())

    def see_device(self, shop_id: str, device: str) -> bool:
        """Notes on which device a sign-in is tried; says whether nobody was ever signed in to the shop on it."""
        with self._lock:
            self._seen_devices[shop_id] = device
            return not device or device not in self._devices[shop_id]

    def know_device(self, shop_id: str) -> None:
        """From now on the device of the sign-in that is being tried is known."""
        with self._lock:
            if device := self._seen_devices.get(shop_id):
                self._devices[shop_id].add(device)

    def devices(self, shop_id: str) -> int:
        """On how many devices the shop was signed in so far."""
        with self._lock:
            return len(self._devices[shop_id])

    def open_session(self, shop_id: str) -> str:
        """Signs a shop in and returns the new session's token."""
        token = secrets.token_hex(32)
        with self._lock:
            self._sessions[_digest(token)] = SandboxSession(shop_id, time.time() + self._session_seconds)
            self._save()
        return token

    def session(self, token: str) -> SandboxSession | None:
        """The session of a token, alive or not; None for a token that was never given out."""
        with self._lock:
            return self._sessions.get(_digest(token))

    def end_sessions(self, shop_id: str | None = None) -> int:
        """Ends the live sessions of a shop (or of all) and returns how many there were."""
        ended = 0
        with self._lock:
            for digest, session in self._sessions.items():
                if session.is_alive() and shop_id in (None, session.shop_id):
                    self._sessions[digest] = replace(session, is_ended=True)
                    ended += 1
            self._save()
        return ended

    def _save(self) -> None:
        """Writes the live sessions beside the state file, then replaces it, so that a kill leaves the old one whole."""
        if self._state_file is None:
            return
        alive = {digest: asdict(session) for digest, session in self._sessions.items() if session.is_alive()}
        self._state_file.parent.mkdir(parents=True, exist_ok=True)
        beside = self._state_file.with_name(self._state_file.name + ".part")
        beside.write_text(json.dumps(alive), encoding="utf-8")
        beside.replace(self._state_file)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _read_sessions(path: Path | None) -> dict[str, SandboxSession]:
    if path is None or not path.exists():
        return {}
    return {digest: SandboxSession(**fields) for digest, fields in json.loads(path.read_text(encoding="utf-8")).items()}
