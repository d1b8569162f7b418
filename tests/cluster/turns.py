"""Each turn that a shop's pace has given, by who gave it: the ledger, or a run by itself where the ledger was away.

When a request arrives depends on how busy the machine is; whether it had a turn, and how far apart turns are, does not.
"""

from __future__ import annotations

import itertools
import math
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import psycopg

from shopdata.ledger import Ledger

_NOTE = """
CREATE TABLE turns (id bigserial, name text, at timestamptz, noted timestamptz DEFAULT clock_timestamp());
CREATE FUNCTION note_turn() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN INSERT INTO turns (name, at) VALUES (NEW.name, NEW.last_at); RETURN NULL; END';
CREATE TRIGGER note_turn AFTER INSERT OR UPDATE ON paces FOR EACH ROW EXECUTE FUNCTION note_turn();
"""
#: What a run says before it waits the interval by itself; logs tell whole seconds.
_ALONE = re.compile(r"^(\S+ \S+) WARNING +(\S+): other machines do not see its pace", re.MULTILINE)


class Turns:
    """Has the database note every turn, in the transaction that gives it.

    Args:
        apart_seconds: how far apart those of one shop must be.
    """

    def __init__(self, url: str, apart_seconds: float) -> None:
        self._url, self._apart = url.replace("+psycopg", ""), apart_seconds
        with Ledger(url), psycopg.connect(self._url) as ledger:
            ledger.execute(_NOTE)

    def problems(
        self,
        shop: str,
        arrivals: Sequence[datetime],
        since: datetime,
        logs: Iterable[str],
        *,
        is_ledger_there: bool,
    ) -> Iterator[str]:
        """What is not as it must be with one shop of JD.

        Args:
            arrivals: of its requests at the portal since then, in order.
            logs: of all crawls.
            is_ledger_there: it was, all the time.
        """
        given = self._of_ledger(shop, since)
        for before, later in itertools.pairwise(given):
            if later - before < timedelta(seconds=self._apart):
                yield f"{shop} got two turns within {(later - before).total_seconds():.3f} s"
        alone = [self._alone(shop, since, log) for log in logs]
        if is_ledger_there and any(alone):
            yield f"{shop} was asked past the ledger, which was there"
        for run in alone:
            for before, later in itertools.pairwise(run):
                if (later - before).total_seconds() < math.floor(self._apart):
                    yield f"{shop} was asked twice at {later:%H:%M:%S} by a run that had no ledger"
        # One that is held up, or sleeps, after its turn comes late; none can come before it.
        turns = sorted(itertools.chain(given, *alone))
        for number, arrival in enumerate(arrivals, 1):
            if (had := bisect_right(turns, arrival)) < number:
                yield f"{shop} was asked without a turn: by {arrival:%H:%M:%S.%f} {number} times, on {had} turns"
                return

    def _of_ledger(self, shop: str, since: datetime) -> list[datetime]:
        with psycopg.connect(self._url) as ledger:
            # In the order in which they were given: one that is noted with an old time is not hidden by sorting.
            query = (
                "SELECT at FROM turns WHERE name = %s AND id > (SELECT coalesce(max(id), 0) FROM turns WHERE at < %s)"
            )
            return [at for (at,) in ledger.execute(query + " ORDER BY id", (f"jd_{shop}", since))]

    @staticmethod
    def _alone(shop: str, since: datetime, log: str) -> list[datetime]:
        moments = defaultdict(list)
        for moment, name in _ALONE.findall(log):
            moments[name].append(datetime.fromisoformat(moment))
        return [moment for moment in moments[shop] if moment >= since.replace(microsecond=0)]
