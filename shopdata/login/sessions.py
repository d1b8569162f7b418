"""Saved sessions: one file per shop, mode 0600, encrypted when a key is set."""

from __future__ import annotations

import copy
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import AsyncFileLock

from shopdata.config import Shop
from shopdata.files import alone
from shopdata.login.secret_files import SecretFiles, UnreadableError
from shopdata.login.session import Session
from shopdata.login.steps import Identity

_SALT_BYTES = 16


@dataclass(frozen=True)
class AboutSession:
    """A saved session as a list shows it; `saved_at` is None where there is none."""

    saved_at: datetime | None
    checked_at: datetime | None
    checked_state: str
    parked: str


@dataclass
class SessionStore:
    """Sessions, and which shops wait for a person, in files that only their owner can read."""

    folder: Path
    secret_key: str | None = field(default=None, repr=False)

    @property
    def _files(self) -> SecretFiles:
        return SecretFiles(self.secret_key)

    def load(self, shop: Shop) -> Session | None:
        """The saved session; None if there is none, or it was saved under another key or for another user name."""
        data = self._read(shop)
        if data.get("username") != shop.username or not data.get("cookies"):
            return None
        return Session(
            data["cookies"],
            datetime.fromisoformat(data["saved_at"]),
            user_agent=data.get("user_agent", ""),
            identity=data.get("identity"),
        )

    def save(
        self, shop: Shop, cookies: Iterable[dict[str, Any]], *, user_agent: str = "", identity: Identity | None = None
    ) -> Session:
        """Saves a session; that the shop was parked is forgotten."""
        saved_at = datetime.now(UTC)
        kept: dict[str, Any] = {"cookies": list(cookies), "user_agent": user_agent, "identity": dict(identity or {})}
        with self._changing(shop) as data:
            data.clear()
            data.update(username=shop.username, saved_at=saved_at.isoformat(), **kept)
        return Session(kept["cookies"], saved_at, user_agent=user_agent, identity=identity)

    def update(self, shop: Shop, session: Session) -> None:
        """Saves the cookies that answers have changed; the session stays as old as it is.

        Nothing happens if another process has dropped it, or saved a newer one, meanwhile.
        """
        with self._changing(shop) as data:
            if data.get("saved_at") == session.saved_at.isoformat() and data.get("cookies"):
                data["cookies"] = session.cookies()

    def drop(self, shop: Shop, session: Session) -> None:
        """Forgets a session that has died, unless another process has saved a newer one meanwhile."""
        with self._changing(shop) as data:
            if data.get("saved_at") == session.saved_at.isoformat():
                data.pop("cookies", None)

    def lock(self, shop: Shop) -> AsyncFileLock:
        """One sign-in per account at a time, also of two crawls: a second one may kick the first one's session."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return AsyncFileLock(self._path(shop).with_suffix(".lock"), mode=0o600)

    def park(self, shop: Shop, reason: str) -> None:
        """Remembers that a person must act before these credentials are used again: trying on locks accounts.

        The credentials themselves are not kept, only a salted fingerprint.
        """
        with self._changing(shop) as data:
            data.update(parked=reason, fingerprint=self._fingerprint(shop))

    def unpark(self, shop: Shop) -> None:
        """Lets the same credentials be used once more."""
        if "parked" in self._read(shop):
            with self._changing(shop) as data:
                data.pop("parked", None)

    def parked(self, shop: Shop) -> str:
        """Why the shop waits for a person; "" if it does not, or if its credentials have changed since."""
        data = self._read(shop)
        reason, known = data.get("parked"), str(data.get("fingerprint") or "")
        if not reason or not hmac.compare_digest(known, self._fingerprint(shop, known[: 2 * _SALT_BYTES])):
            return ""
        return str(reason)

    def note_check(self, shop: Shop, state: str) -> None:
        """Remembers what the portal said when it was asked whether the session lives."""
        with self._changing(shop) as data:
            data.update(checked_at=datetime.now(UTC).isoformat(), checked_state=state)

    def about(self, shop: Shop) -> AboutSession:
        """What is known about a shop's session without asking anybody."""
        data = self._read(shop)
        has_session = bool(data.get("cookies")) and data.get("username") == shop.username
        return AboutSession(
            saved_at=_moment(data.get("saved_at")) if has_session else None,
            checked_at=_moment(data.get("checked_at")) if has_session else None,
            checked_state=str(data.get("checked_state") or "") if has_session else "",
            parked=self.parked(shop),
        )

    def _fingerprint(self, shop: Shop, salt: str | None = None) -> str:
        salt = salt or secrets.token_hex(_SALT_BYTES)
        text = f"{shop.username}\0{shop.password.get_secret_value()}".encode()
        return salt + hashlib.scrypt(text, salt=bytes.fromhex(salt), n=2**14, r=8, p=1).hex()

    def _path(self, shop: Shop) -> Path:
        return self.folder / f"{shop.platform}_{shop.id}.session"

    @contextmanager
    def _changing(self, shop: Shop) -> Iterator[dict[str, Any]]:
        """What is in a shop's file, to be changed while nobody else does: a shop may be in several crawls at once.

        Raises:
            DiskError: the file can't be written, or another process does not let go of it.
        """
        # Not the lock of `lock`, which is held for as long as a sign-in takes.
        with alone(self._path(shop).with_suffix(".writing")):
            data = self._read(shop)
            before = copy.deepcopy(data)
            yield data
            if data != before:
                self._files.write(self._path(shop), data)

    def _read(self, shop: Shop) -> dict[str, Any]:
        try:
            return self._files.read(self._path(shop))
        except UnreadableError:
            # Another key, or a plain file from before there was one: the shop signs in again.
            return {}


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
