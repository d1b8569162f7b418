"""Doubtful files: put aside until the portal has said the same again, or somebody lets them through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from shopdata.checks.facts import Facts
from shopdata.checks.verdicts import Judgement, judge_file
from shopdata.config import Config
from shopdata.exceptions import DiskError
from shopdata.files import discard, move
from shopdata.lake.past import Pasts
from shopdata.ledger import Cell, CellKey, Ledger, RawFile
from shopdata.ledger.checked_files import Doubt, DoubtState
from shopdata.periods import SHANGHAI, Period, due_day
from shopdata.reasons import Reason
from shopdata.states import CellState
from shopdata.store.staging import Staging

#: What a second answer may show to be wrong; the others only a person can judge.
_OF_ANSWERS = frozenset({"rows", "zero", "same_file", "filled"})
#: So long the portal has for a second answer, however late it is.
_LEAST_WAIT = timedelta(hours=2)
#: Somebody asked again, and no file came of it.
_IN_VAIN = frozenset({CellState.FAILED, CellState.NEEDS_LOGIN, CellState.REJECTED})


@dataclass(frozen=True)
class Decision:
    """What becomes of a doubt. `state` is CONFIRMED or NOTED: let it through with its mark; HEALED: without; HELD."""

    doubt: Doubt
    state: DoubtState
    cell: Cell

    @property
    def reason(self) -> Reason:
        """Why it is held."""
        return reason_of(self.doubt.found)


class Doubts:
    """The doubts of one run, or of one command; blocking."""

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        staging: Staging,
        clock: Callable[[], datetime] = lambda: datetime.now(SHANGHAI),
    ) -> None:
        self._config, self._ledger, self._staging, self._clock = config, ledger, staging, clock
        self._pasts = Pasts(config, ledger)

    def judge(self, key: CellKey, facts: Facts, *, is_counted: bool, is_final: bool = False) -> Judgement:
        """Runs all checks of a file.

        Args:
            is_final: all shops of the period are through. Before, a count that is far off for its own shop may yet turn
                out to be what all of them have today.
        """
        dataset, period = self._config.dataset(key.dataset), Period.from_dt(key.dt)
        known = self._pasts.known(key, is_counted=is_counted, with_others=is_final)
        judged = judge_file(facts, dataset, period, known)
        if not is_final and judged.rows.is_doubtful:
            known = self._pasts.known(key, is_counted=is_counted, with_others=True)
            if known.common is not None:
                return judge_file(facts, dataset, period, known)
        return judged

    def take(
        self, key: CellKey, sha256: str, facts: Facts, judged: Judgement, *, is_counted: bool
    ) -> DoubtState | None:
        """A file goes on to be published: keeps what it says about itself, and what was found.

        Returns:
            HEALED if another answer was doubtful, NOTED if this one is, and is published all the same.
        """
        noted = None
        if judged.found:
            noted = _doubt(key, DoubtState.NOTED, sha256, facts, judged, file={"is_counted": is_counted})
        checked = self._ledger.checked
        before = checked.take(key, sha256, facts.as_json(), judged.result, noted, self._clock())
        is_aside = before is not None and before.state.is_aside
        if before is not None and is_aside:
            discard(self._aside(before))
        if noted is not None:
            return noted.state
        return DoubtState.HEALED if is_aside else None

    def put_aside(
        self, key: CellKey, path: Path, raw: RawFile, facts: Facts, judged: Judgement, *, is_counted: bool
    ) -> Reason:
        """Keeps a doubtful file, in place of an earlier answer. Returns why. Raises DiskError, LedgerError."""
        checked, before = self._ledger.checked, self._ledger.checked.doubt(key)
        is_second = before is not None and before.state.is_aside
        earlier = before.file if before is not None and is_second else None
        file = {
            "raw": asdict(raw) | {"fetched_at": raw.fetched_at.isoformat()},
            "facts": facts.as_json(),
            "is_counted": is_counted,
            # What was said twice is what the portal has to say.
            "is_same": before is not None and is_second and before.rows == facts.rows,
            "since": (earlier or {}).get("since") or self._clock().isoformat(),
        }
        doubt = _doubt(key, DoubtState.WAITING, raw.sha256, facts, judged, file=file)
        if before is not None and is_second:
            doubt = replace(doubt, answers=before.answers + 1)
            discard(self._aside(before))
        move(path, self._aside(doubt))
        checked.put(doubt)
        asked = [found.check for found in judged.found if found.action != "warn"]
        checked.count(key.dataset, asked, "asked_again", self._clock())
        return reason_of(doubt.found)

    def decisions(self, dataset: str, dt: str) -> Iterator[Decision]:
        """What becomes of the doubts of a period whose shops are all through; without those that go on waiting."""
        for doubt in self._ledger.checked.doubts(dataset, [dt]):
            cell = self._ledger.cell(doubt.key)
            if cell is None or not doubt.file or cell.state is CellState.RUNNING:
                continue
            facts = self._facts_of(doubt)
            if facts is None:
                continue
            judged = self.judge(doubt.key, facts, is_counted=bool(doubt.file.get("is_counted")), is_final=True)
            now = replace(doubt, found=[found.as_json() for found in judged.found])
            state = self._state_of(now, judged, cell)
            if state is not None:
                yield Decision(now, state, cell)

    def _facts_of(self, doubt: Doubt) -> Facts | None:
        """Those of the file that the doubt is about; None where nothing is to be decided any more."""
        assert doubt.file is not None
        if doubt.state.is_aside:
            return Facts.from_json(doubt.file["facts"])
        if doubt.state is not DoubtState.NOTED:
            return None
        kept = self._ledger.checked.file_of(doubt.key)
        return None if kept is None or kept.facts is None else Facts.from_json(kept.facts)

    def _state_of(self, doubt: Doubt, judged: Judgement, cell: Cell) -> DoubtState | None:
        """What becomes of a doubt; None if it stays as it is."""
        if doubt.state is DoubtState.NOTED:
            # It was published at once: what all shops have today is no mark.
            return None if judged.found else DoubtState.HEALED
        if not judged.is_stopping:
            return DoubtState.NOTED if judged.found else DoubtState.HEALED
        is_held = judged.action == "hold"
        if doubt.state is DoubtState.HELD:
            return None if is_held else DoubtState.CONFIRMED
        assert doubt.file is not None
        asks = any(found.check in _OF_ANSWERS or found.action == "ask_again" for found in judged.found)
        most = self._config.dataset(doubt.dataset).checks.ask_again
        is_over = doubt.answers > most or doubt.file["is_same"] or cell.state in _IN_VAIN or not asks
        if not is_over and not self._is_late(doubt):
            return None
        return DoubtState.HELD if is_held else DoubtState.CONFIRMED

    def _is_late(self, doubt: Doubt) -> bool:
        """True if another answer would come too late for whoever waits for the day."""
        dataset, since = self._config.dataset(doubt.dataset), (doubt.file or {}).get("since")
        due = due_day(dataset.period, dataset.lag_days, Period.from_dt(doubt.dt))
        by = datetime.combine(due, time.fromisoformat(dataset.checks.publish_by), SHANGHAI)
        asked = datetime.fromisoformat(since) if since else doubt.updated_at
        return self._clock() >= max(by, asked.astimezone(SHANGHAI) + _LEAST_WAIT)

    def take_back(self, doubt: Doubt) -> RawFile:
        """Puts the file into the outbox, where its cell's file lies; returns it.

        Raises:
            DiskError: it is gone.
        """
        raw = raw_of(doubt)
        path = self._aside(doubt)
        if not path.is_file():
            raise DiskError(
                "the doubtful file is not on this machine",
                where=str(doubt.key),
                expected=f"doubtful/{doubt.dataset}/{doubt.dt}/{path.name} in the state directory",
                todo=f"Collect it anew on this machine: `scrapy crawl … -a shops={doubt.shop} -a force=1` takes what "
                "the portal says as it is.",
            )
        move(path, self._staging.raw(raw.key))
        return replace(raw, node=self._staging.node)

    def settle(self, decision: Decision, user_name: str = "") -> None:
        """Writes what became of a doubt, once it is so."""
        checked, doubt = self._ledger.checked, decision.doubt
        if decision.state is not DoubtState.HEALED:
            checked.count(doubt.dataset, doubt.checks, decision.state, self._clock())
        if doubt.state.is_aside and decision.state is not DoubtState.HELD:
            assert doubt.file is not None
            result = "doubtful" if decision.state.is_mark else "ok"
            checked.keep_facts(doubt.key, doubt.sha256, doubt.file["facts"], result)
        if decision.state is DoubtState.HEALED and (doubt.answers < 2 or doubt.state is DoubtState.NOTED):
            # Nobody asked again: it is as the other shops are today.
            checked.forget(doubt.key)
        else:
            checked.settle(doubt, decision.state, user_name)

    def _aside(self, doubt: Doubt) -> Path:
        ext = str(((doubt.file or {}).get("raw") or {}).get("ext") or "bin")
        return self._staging.doubtful(doubt.dataset, doubt.dt, doubt.shop, ext)


def raw_of(doubt: Doubt) -> RawFile:
    """The file that was put aside."""
    assert doubt.file is not None
    kept: Mapping[str, Any] = doubt.file["raw"]
    tuples = {name: tuple(kept[name]) for name in ("warnings", "drift")}
    return RawFile(**{**kept, **tuples, "fetched_at": datetime.fromisoformat(kept["fetched_at"]).astimezone(SHANGHAI)})


def reason_of(found: list[Any]) -> Reason:
    """As the cell has it: the first finding is its code, the sentence tells all of them."""
    first: Mapping[str, Any] = found[0] if found else {}
    params = {**first.get("params", {}), "count": first.get("count", 0)}
    text = "; ".join(str(entry["text"]) for entry in found)
    return Reason(str(first.get("kind", "doubtful")), params, f"doubtful: {text}.")


def _doubt(
    key: CellKey, state: DoubtState, sha256: str, facts: Facts, judged: Judgement, *, file: Mapping[str, Any] | None
) -> Doubt:
    return Doubt(
        dataset=key.dataset,
        dt=key.dt,
        shop=key.shop,
        state=state,
        sha256=sha256,
        rows=facts.rows,
        answers=1,
        found=[found.as_json() for found in judged.found],
        file=file,
        updated_at=datetime.now(SHANGHAI),
    )
