"""Saved sessions: one file per shop, mode 0600, encrypted when a key is set."""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import AsyncFileLock

from shopdata.config import Shop
from shopdata.exceptions import OtherKeyError, UsageError
from shopdata.files import as_disk_error
from shopdata.ledger.leases import Leases
from shopdata.reasons import NO_REASON, Reason
from shopdata.sessions.fingerprints import fingerprint_of, is_fingerprint_of
from shopdata.sessions.lives import Death, Lives
from shopdata.sessions.places import FilePlace, Place, object_in
from shopdata.sessions.secret_files import OtherKeyUsedError, UnreadableError, is_encrypted
from shopdata.sessions.session import Session
from shopdata.sessions.session_file import without_odd
from shopdata.sessions.sign_in.steps import HowSignedIn, Identity
from shopdata.sessions.sign_in_lock import LeasedLock, lock_of
from shopdata.wording import Texts

logger = logging.getLogger(__name__)

_END = ".session"
#: Why a shop waits; files of earlier versions have the sentence alone.
_PARKED = ("parked", "parked_code", "parked_params")
#: For people, once a run.
_PLAIN = "sessions.plain"


@dataclass(frozen=True)
class AboutSession:
    """A saved session as a list shows it; `saved_at` is None where there is none, or another key has saved it."""

    saved_at: datetime | None
    checked_at: datetime | None
    checked_state: str
    parked: Reason
    is_of_other_key: bool = False


@dataclass
class SessionStore:
    """Sessions, and which shops wait for a person, in files that only their owner can read."""

    #: Of this machine's files.
    folder: Path
    secret_key: str | None = field(default=None, repr=False)
    lives: Lives = field(default_factory=Lives, repr=False)
    #: Where they are kept, if not in files of that folder.
    place: Place | None = None
    #: By which accounts are locked, if not by files of that folder.
    leases: Leases | None = None
    #: What was warned of already: a run opens the same files again and again.
    _told: set[object] = field(default_factory=set, repr=False)

    def refuse_mixing(self) -> None:
        """Without a key, sessions would be saved in plain; not in a folder where somebody has encrypted them.

        Raises:
            UsageError: no key is set, and encrypted files lie in the folder.
        """
        if self.secret_key or self.place is not None:
            return
        with as_disk_error(self.folder / "x.session"):
            saved = sorted([*self.folder.glob("*.session"), *self.folder.glob("*.device")])
            sealed = [path.name for path in saved if is_encrypted(path)]
        if sealed:
            raise UsageError(
                "SHOPDATA_SECRET_KEY is not set, but saved sessions are encrypted",
                where=str(self.folder),
                found=f"{len(sealed)} of them, for example {sealed[0]}",
                todo="Set the key that they were saved with; if it is lost, remove these files, and the shops sign in.",
            )

    @property
    def kept(self) -> Place:
        """Where they are kept."""
        return self.place or FilePlace(self.folder, self.secret_key)

    def stamps(self) -> dict[str, object]:
        """The shops that anything is kept of, by PLATFORM_ID, each with what changes whenever that does."""
        found = self.kept.stamps().items()
        return {name.removesuffix(_END): stamp for name, stamp in found if name.endswith(_END)}

    def load(self, shop: Shop) -> Session | None:
        """The saved session; None if there is none, or it is damaged or of another user name.

        Raises:
            OtherKeyError: it was saved with another key.
        """
        data = self._read(shop)
        if data.get("username") != shop.username or not data.get("cookies") or not data.get("saved_at"):
            return None
        self._see_to_plain(shop)
        return Session(
            data["cookies"],
            datetime.fromisoformat(data["saved_at"]),
            user_agent=data.get("user_agent", ""),
            identity=data.get("identity"),
        )

    def save(
        self,
        shop: Shop,
        cookies: Iterable[dict[str, Any]],
        *,
        user_agent: str = "",
        identity: Identity | None = None,
        is_proven: bool = False,
        how: HowSignedIn = HowSignedIn(),  # noqa: B008 - it is frozen
    ) -> Session:
        """Saves a session, over one of another key too; that the shop was parked is forgotten.

        Args:
            is_proven: the portal has just let somebody in with it, which is as good as asking whether it lives.
            how: what that took.
        """
        saved_at, was_there = datetime.now(UTC), self._is_there(shop)
        kept: dict[str, Any] = {"cookies": list(cookies), "user_agent": user_agent, "identity": dict(identity or {})}
        with self._changing(shop, is_replaced=True) as data:
            data.clear()
            data.update(username=shop.username, saved_at=saved_at.isoformat(), **kept)
            if is_proven:
                data.update(checked_at=saved_at.isoformat(), checked_state="alive")
        self.lives.begin(shop, saved_at, how, is_replacing=was_there)
        return Session(kept["cookies"], saved_at, user_agent=user_agent, identity=identity)

    def update(self, shop: Shop, session: Session, expires_at: datetime | None = None) -> None:
        """Saves the cookies that answers have changed; the session stays as old as it is.

        Nothing happens if another process has dropped it, or saved a newer one, meanwhile.

        Args:
            expires_at: when the first of them that is the session's ends by its date.
        """
        with self._changing(shop) as data:
            is_ours = data.get("saved_at") == session.saved_at.isoformat() and bool(data.get("cookies"))
            if is_ours:
                data["cookies"] = session.cookies()
        if is_ours:
            self.lives.note_expiry(shop, session.saved_at, expires_at)

    def note_good(self, shop: Shop, session: Session) -> None:
        """The portal has answered as it does to those who are signed in."""
        self.lives.note_good(shop, session.saved_at)

    def drop(self, shop: Shop, session: Session, death: Death = Death.EXPIRED) -> None:
        """Forgets a session that has died, unless another process has saved a newer one meanwhile."""
        with self._changing(shop) as data:
            if data.get("saved_at") == session.saved_at.isoformat():
                data.pop("cookies", None)
        self.lives.end(shop, session.saved_at, death)

    def lock(self, shop: Shop, shops: Iterable[Shop] = ()) -> AsyncFileLock | LeasedLock:
        """One sign-in per account at a time, also of two crawls: a second one may kick the first one's session.

        Args:
            shops: all that there are: those that one login opens have one lock.
        """
        shop = min((other for other in (shop, *shops) if other.account == shop.account), key=lambda one: one.id)
        return lock_of(self.folder, shop.file_stem, self.leases)

    def park(self, shop: Shop, reason: Reason) -> None:
        """Remembers that a person must act before these credentials are used again: trying on locks accounts.

        The credentials themselves are not kept, only a salted fingerprint.
        """
        with self._changing(shop) as data:
            data.update(parked=reason.text, parked_code=reason.code, parked_params=dict(reason.params))
            data["fingerprint"] = fingerprint_of(shop)

    def unpark(self, shop: Shop) -> None:
        """Lets the same credentials be used once more."""
        with suppress(OtherKeyError):
            if "parked" in self._read(shop):
                with self._changing(shop) as data:
                    for name in _PARKED:
                        data.pop(name, None)

    def parked(self, shop: Shop) -> Reason:
        """Why the shop waits for a person; none if it does not, or if its credentials or what the portal calls it have
        changed since.

        Raises:
            OtherKeyError: its file was saved with another key.
        """
        return self._parked(shop, self._read(shop))

    def _parked(self, shop: Shop, data: dict[str, Any]) -> Reason:
        reason, known = data.get("parked"), str(data.get("fingerprint") or "")
        if not reason or not is_fingerprint_of(shop, known):
            return NO_REASON
        return Reason.from_json(
            {"reason": reason, "code": data.get("parked_code"), "params": data.get("parked_params")}
        )

    def note_check(self, shop: Shop, state: str) -> datetime | None:
        """Remembers what the portal said when it was asked whether the session lives; since when there is one."""
        with self._changing(shop) as data:
            data.update(checked_at=datetime.now(UTC).isoformat(), checked_state=state)
            saved_at = _moment(data.get("saved_at"))
        if saved_at is not None:
            self.lives.note_check(shop, saved_at, state)
        return saved_at

    def about(self, shop: Shop) -> AboutSession:
        """What is known about a shop's session without asking anybody."""
        try:
            data = self._read(shop)
        except OtherKeyError as error:
            return AboutSession(None, None, "unknown", parked=Reason.of(error), is_of_other_key=True)
        has_session = bool(data.get("cookies")) and data.get("username") == shop.username
        return AboutSession(
            saved_at=_moment(data.get("saved_at")) if has_session else None,
            checked_at=_moment(data.get("checked_at")) if has_session else None,
            checked_state=str(data.get("checked_state") or "") if has_session else "",
            parked=self._parked(shop, data),
        )

    def of_other_key(self, shops: Iterable[Shop], most: int = 20) -> list[str]:
        """The ids of the shops whose files another key has written; of `most` files that are there, for each that was
        sealed with a salt of its own takes a twentieth of a second."""
        there = [shop for shop in shops if self.secret_key and self._is_there(shop)]
        return [shop.id for shop in there[:most] if self.about(shop).is_of_other_key]

    @staticmethod
    def _name(shop: Shop) -> str:
        return f"{shop.file_stem}{_END}"

    def _is_there(self, shop: Shop) -> bool:
        return self.kept.has(self._name(shop))

    @contextmanager
    def _changing(self, shop: Shop, *, is_replaced: bool = False, is_written: bool = False) -> Iterator[dict[str, Any]]:
        """What is in a shop's file, to be changed while nobody else does: a shop may be in several crawls at once.

        Args:
            is_replaced: all that was there goes, so it need not be readable.
            is_written: also where nothing is changed.

        Raises:
            DiskError: the file can't be written, or another process does not let go of it.
            OtherKeyError: it was saved with another key.
        """
        # Not the lock of `lock`, which is held for as long as a sign-in takes.
        with self.kept.alone(self._name(shop)) as place:
            data = {} if is_replaced else self._read(shop, place)
            before = copy.deepcopy(data)
            yield data
            if is_replaced or is_written or data != before:
                self._write(shop, data, place, is_new=is_replaced)

    def _read(self, shop: Shop, place: Place | None = None) -> dict[str, Any]:
        place, name = place or self.kept, self._name(shop)
        try:
            data = object_in(place.read(name), name)
        except OtherKeyUsedError:
            raise OtherKeyError(
                "the saved session was saved with another key; nothing was asked of the portal",
                where=place.where(name),
                expected="the key of SHOPDATA_SECRET_KEY",
                todo="Set SHOPDATA_SECRET_KEY to the key that it was saved with; if that is lost, run "
                f"`scrapy login {shop.id} --again`, or remove this file: then the next run signs in.",
            ) from None
        except UnreadableError:
            self._log_damaged(name, "it can't be read")
            return {}
        kept, odd = without_odd(data)
        if odd:
            self._log_damaged(name, f"odd: {', '.join(odd)}")
        return kept

    def _see_to_plain(self, shop: Shop) -> None:
        """A session from before there was a key is encrypted now; where there is none, a person is told so."""
        if not self.secret_key:
            self._log_once("plain", Texts("en")(_PLAIN))
        elif self.kept.is_plain(self._name(shop)):
            with self._changing(shop, is_written=True):
                self._log_once(shop.id, "%s: saved before SHOPDATA_SECRET_KEY was set; encrypted now", shop.id)

    def _write(self, shop: Shop, data: dict[str, Any], place: Place, *, is_new: bool) -> None:
        if not self.secret_key and data.get("cookies"):
            self._log_once("plain", Texts("en")(_PLAIN))
        place.write(self._name(shop), json.dumps(data, ensure_ascii=False).encode(), is_new=is_new)

    def _log_damaged(self, name: str, why: str) -> None:
        self._log_once(name, "%s: the saved session is damaged (%s); the shop signs in anew", name, why)

    def _log_once(self, about: object, message: str, *arguments: object) -> None:
        if about not in self._told:
            self._told.add(about)
            logger.warning(message, *arguments)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
