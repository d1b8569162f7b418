"""How long each session of a shop lived: what may be learnt of the next one's life is learnt from here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shopdata.ledger.database import DatabasePart, reads, writes
from shopdata.ledger.rows import record_of
from shopdata.ledger.schema import SessionLifeRow

#: Good answers come by the hundred; one a minute says as much.
_MOVED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class SessionLife:
    """One session, from its sign-in to its end. Times are aware, in Asia/Shanghai when they come out."""

    platform: str
    shop: str
    signed_in_at: datetime
    #: What let it in, in the end: `password`, `sms`, `qr`, `person`.
    signed_in_by: str
    #: What the portal asked besides the password: `slider`, `sms`, `qr`, or the code of a reason; nothing is empty.
    asked: tuple[str, ...] = ()
    #: Since when the portal knows the browser; None where nobody knows it.
    device_made_at: datetime | None = None
    #: The last answer that a portal gives to those who are signed in only.
    last_good_at: datetime
    #: When the first of the session's cookies ends by its own date; None if none has one.
    cookie_expires_at: datetime | None = None
    #: When it was found dead, or given up; None while it lives.
    died_at: datetime | None = None
    #: A `Death` of `sessions/lives.py`, or "".
    death: str = ""


class SessionLives(DatabasePart):
    """The lives in the ledger's database. A session is known by its shop and the moment of its sign-in."""

    @writes
    def begin(self, session: Session, life: SessionLife, death: str) -> None:
        """Writes a new session; one of the same shop that nobody has ended, has ended in this way."""
        session.execute(
            update(SessionLifeRow)
            .where(SessionLifeRow.platform == life.platform, SessionLifeRow.shop == life.shop)
            .where(SessionLifeRow.died_at.is_(None), SessionLifeRow.signed_in_at != life.signed_in_at)
            .values(died_at=life.signed_in_at, death=death)
        )
        session.merge(SessionLifeRow(**vars(life) | {"asked": list(life.asked)}))

    @writes
    def move_good(self, session: Session, platform: str, shop: str, signed_in_at: datetime, at: datetime) -> None:
        """Writes that it has answered, and so lives whatever was thought of it; after the first time once a minute."""
        row = session.get(SessionLifeRow, (platform, shop, signed_in_at), with_for_update=True)
        if row is None:
            return
        is_first = row.last_good_at == row.signed_in_at
        if is_first or row.died_at is not None or at - row.last_good_at >= _MOVED_EVERY:
            row.last_good_at, row.died_at, row.death = max(at, row.last_good_at), None, ""

    @writes
    def end(self, session: Session, platform: str, shop: str, signed_in_at: datetime, at: datetime, death: str) -> None:
        """Writes how it has ended, unless somebody was faster."""
        row = session.get(SessionLifeRow, (platform, shop, signed_in_at), with_for_update=True)
        if row is not None and row.died_at is None:
            row.died_at, row.death = at, death

    @writes
    def set_cookie_expiry(
        self, session: Session, platform: str, shop: str, signed_in_at: datetime, expires_at: datetime | None
    ) -> None:
        """Writes what an answer has made of the date of its cookies."""
        row = session.get(SessionLifeRow, (platform, shop, signed_in_at), with_for_update=True)
        if row is not None:
            row.cookie_expires_at = expires_at

    @writes
    def hand_on(self, session: Session, platform: str, old: str, new: str) -> None:
        """A shop is given another id; what is there of the new one stays."""
        there = select(SessionLifeRow.signed_in_at).where(
            SessionLifeRow.platform == platform, SessionLifeRow.shop == new
        )
        session.execute(
            update(SessionLifeRow)
            .where(SessionLifeRow.platform == platform, SessionLifeRow.shop == old)
            .where(SessionLifeRow.signed_in_at.not_in(there.scalar_subquery()))
            .values(shop=new)
            .execution_options(synchronize_session=False)
        )

    @reads
    def since(self, session: Session, moment: datetime) -> list[SessionLife]:
        """The sessions that began after a moment, by platform, shop and sign-in."""
        order = (SessionLifeRow.platform, SessionLifeRow.shop, SessionLifeRow.signed_in_at)
        query = select(SessionLifeRow).where(SessionLifeRow.signed_in_at >= moment).order_by(*order)
        return [record_of(SessionLife, row, asked=tuple(row.asked)) for row in session.scalars(query)]
