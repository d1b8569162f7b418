"""Doubts about the files of many shops: what all of them have today is no doubt, and a second answer decides."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from few_shops import NAME, PLATFORM, shop_of

from shopdata.checks.facts import Facts
from shopdata.config import Config, Dataset, Lake, ObjectStoreSettings, Schedule
from shopdata.config.checks import Checks
from shopdata.exceptions import DiskError
from shopdata.files import sha256_of
from shopdata.lake.doubts import Doubts, reason_of
from shopdata.ledger import CellKey, Ledger, RawFile
from shopdata.ledger.checked_files import DoubtState
from shopdata.ledger.database import Database
from shopdata.ledger.ledger import FILE_NAME
from shopdata.periods import SHANGHAI
from shopdata.states import CellState
from shopdata.store.keys import raw_key
from shopdata.store.staging import Staging

DAY = date(2026, 8, 5)
SHOPS = [f"shop-{number:02}" for number in range(12)]
#: Nothing is said in these weeks where too few shops can say what is usual.
IN_SEASON = date(2026, 6, 10)


class Machine:
    """A ledger with four weeks of 100 rows of each shop, and files that come."""

    def __init__(self, folder: Path, day: date, shops: list[str]) -> None:
        self.ledger, self.staging, self.day, self.folder = Ledger.at(folder), Staging(folder), day, folder
        self.checks, self.now = Checks(), datetime.combine(day + timedelta(days=1), time(9), SHANGHAI)
        for back in range(1, 29):
            for shop in shops:
                self._good(CellKey(NAME, str(day - timedelta(days=back)), shop), 100)

    @property
    def config(self) -> Config:
        dataset = Dataset(title="a report", platform=PLATFORM, lag_days=1, columns=("SKU",), checks=self.checks)
        store = ObjectStoreSettings.model_validate(
            {
                "endpoint": "127.0.0.1:1",
                "secure": False,
                "access_key": "x",
                "secret_key": "not-a-real-one",
                "bucket": "b-b",
            }
        )
        return Config(
            shops=tuple(map(shop_of, SHOPS)),
            portals={},
            lake=Lake(object_store=store),
            schedule=Schedule(),
            datasets={NAME: dataset},
        )

    @property
    def doubts(self) -> Doubts:
        return Doubts(self.config, self.ledger, self.staging, lambda: self.now)

    @property
    def counted(self) -> dict[str, int]:
        """What has come of checks, for metrics."""
        return dict(self.ledger.notifications.get(f"checks/{NAME}"))

    def key(self, shop: str) -> CellKey:
        return CellKey(NAME, str(self.day), shop)

    def _good(self, key: CellKey, rows: int) -> None:
        self.ledger.add_cells(PLATFORM, [key])
        self.ledger.settle(key, CellState.PUBLISHED, raw=_raw(key, rows, "0" * 64))

    def come(self, shop: str, rows: int, *, is_counted: bool = False) -> bool:
        """A file comes as in a run; False if it was put aside."""
        key, doubts = self.key(shop), self.doubts
        self.ledger.add_cells(PLATFORM, [key])
        facts = Facts(rows, {"SKU": rows}, digest=f"{shop}-{rows}")
        judged = doubts.judge(key, facts, is_counted=is_counted)
        path = self.folder / "came.xlsx"
        path.write_text(f"{shop} {rows}")
        raw = _raw(key, rows, sha256_of(path))
        if judged.is_stopping:
            reason = doubts.put_aside(key, path, raw, facts, judged, is_counted=is_counted)
            self.ledger.settle(key, CellState.NOT_READY, reason)
            return False
        doubts.take(key, raw.sha256, facts, judged, is_counted=is_counted)
        self.ledger.settle(key, raw.state, raw=raw)
        return True

    def decide(self) -> dict[str, DoubtState]:
        """The last word, carried out as a run does it."""
        doubts, done = self.doubts, {}
        for decision in list(doubts.decisions(NAME, str(self.day))):
            if decision.doubt.state.is_aside and decision.state is not DoubtState.HELD:
                raw = doubts.take_back(decision.doubt)
                self.ledger.settle(decision.doubt.key, raw.state, raw=raw)
            doubts.settle(decision)
            done[decision.doubt.shop] = decision.state
        return done


def _raw(key: CellKey, rows: int, sha256: str) -> RawFile:
    return RawFile(
        key=raw_key(PLATFORM, key.dataset, key.dt, key.shop, "xlsx"),
        sha256=sha256,
        bytes=10,
        ext="xlsx",
        rows=rows,
        fetched_at=datetime.now(SHANGHAI),
        in_store=True,
    )


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger that each test gets a copy of: hundreds of cells take seconds to write."""
    folder = tmp_path_factory.mktemp("past")
    Machine(folder, DAY, SHOPS).ledger.close()
    return folder / FILE_NAME


@pytest.fixture
def machine(tmp_path: Path, past: Path) -> Iterator[Machine]:
    shutil.copyfile(past, tmp_path / FILE_NAME)
    made = Machine(tmp_path, DAY, [])
    yield made
    made.ledger.close()


def test_what_all_shops_have_today_is_let_through_without_a_question(machine: Machine) -> None:
    came = {shop: machine.come(shop, 30) for shop in SHOPS}
    # The first ones can't know it, the last ones do.
    assert not came[SHOPS[0]]
    assert came[SHOPS[-1]]
    aside = {shop for shop, went_on in came.items() if not went_on}
    assert machine.decide() == dict.fromkeys(aside, DoubtState.HEALED)
    assert machine.ledger.checked.doubts() == []
    assert machine.ledger.checked.results(NAME, str(DAY)) == dict.fromkeys(SHOPS, "ok")
    assert {cell.state for cell in machine.ledger.cells(NAME, str(DAY))} == {CellState.STAGED}


def test_all_that_is_kept_of_a_file_that_goes_on_is_one_transaction(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not machine.come(SHOPS[0], 5)
    key, facts, doubts = machine.key(SHOPS[0]), Facts(100, {"SKU": 100}, digest="another"), machine.doubts
    judged = doubts.judge(key, facts, is_counted=False)
    writes: list[object] = []
    write = Database.write
    monkeypatch.setattr(Database, "write", lambda self, work: (writes.append(work), write(self, work))[1])
    assert doubts.take(key, "1" * 64, facts, judged, is_counted=False) is DoubtState.HEALED
    assert len(writes) == 1
    assert machine.counted == {"rows|asked_again": 1, "rows|healed": 1, "all|ok": 1}
    assert not list(machine.folder.glob("doubtful/**/*.xlsx"))


def test_one_that_is_far_below_all_others_waits_for_a_second_answer(machine: Machine) -> None:
    for shop in SHOPS[1:]:
        assert machine.come(shop, 45)
    assert not machine.come(SHOPS[0], 5)
    assert machine.decide() == {}
    doubt = machine.ledger.checked.doubt(machine.key(SHOPS[0]))
    assert doubt is not None
    assert doubt.texts == "few rows: 5; on Wednesdays 100 (4 of them), the other shops today -53%"
    assert reason_of(doubt.found).code == "few_rows"
    # Another answer that is doubtful, too, and another one; then it is what the portal has to say.
    assert not machine.come(SHOPS[0], 6)
    assert machine.decide() == {}
    assert not machine.come(SHOPS[0], 7)
    assert machine.decide() == {SHOPS[0]: DoubtState.CONFIRMED}
    cell = machine.ledger.cell(machine.key(SHOPS[0]))
    assert cell is not None
    assert (cell.state, cell.rows) == (CellState.STAGED, 7)


def test_the_same_again_is_what_the_portal_has_to_say(machine: Machine) -> None:
    assert not machine.come(SHOPS[0], 0)
    assert machine.decide() == {}
    assert not machine.come(SHOPS[0], 0)
    assert machine.decide() == {SHOPS[0]: DoubtState.CONFIRMED}
    # It belongs to the past from now on: that there is nothing is no news the next day, only that it is so little.
    machine.day += timedelta(days=1)
    assert not machine.come(SHOPS[0], 0)
    doubt = machine.ledger.checked.doubt(machine.key(SHOPS[0]))
    assert doubt is not None
    assert [found["kind"] for found in doubt.found] == ["few_rows"]


def test_a_portal_that_fails_when_it_is_asked_again_has_had_its_say(machine: Machine) -> None:
    assert not machine.come(SHOPS[0], 5)
    machine.ledger.settle(machine.key(SHOPS[0]), CellState.FAILED)
    assert machine.decide() == {SHOPS[0]: DoubtState.CONFIRMED}


def test_nobody_waits_for_an_answer_that_would_come_too_late(machine: Machine) -> None:
    assert not machine.come(SHOPS[0], 5)
    # The portal has nothing to give when it is asked again.
    machine.ledger.settle(machine.key(SHOPS[0]), CellState.NOT_READY)
    machine.now = machine.now.replace(hour=10, minute=59)
    assert machine.decide() == {}
    machine.now = machine.now.replace(hour=11, minute=0)
    assert machine.decide() == {SHOPS[0]: DoubtState.CONFIRMED}
    # Whoever comes late himself gets two hours.
    assert not machine.come(SHOPS[1], 5)
    machine.now = machine.now.replace(hour=12, minute=59)
    assert machine.decide() == {}
    machine.now = machine.now.replace(hour=13)
    assert machine.decide() == {SHOPS[1]: DoubtState.CONFIRMED}


def test_what_comes_of_checks_is_counted(machine: Machine) -> None:
    assert not machine.come(SHOPS[0], 5)
    assert machine.come(SHOPS[0], 100)
    assert machine.come(SHOPS[1], 100)
    assert not machine.come(SHOPS[2], 0)
    assert not machine.come(SHOPS[2], 0)
    machine.decide()
    assert machine.counted == {
        "rows|asked_again": 1,
        "rows|healed": 1,
        "all|ok": 2,
        "zero|asked_again": 2,
        "zero|confirmed": 1,
    }


def test_a_file_that_is_held_stays_so_until_the_yaml_says_otherwise(machine: Machine) -> None:
    machine.checks = Checks.model_validate({"zero": {"action": "hold"}})
    assert not machine.come(SHOPS[0], 0)
    assert machine.decide() == {}
    assert not machine.come(SHOPS[0], 0)
    assert machine.decide() == {SHOPS[0]: DoubtState.HELD}
    assert machine.decide() == {}
    machine.checks = Checks()
    assert machine.decide() == {SHOPS[0]: DoubtState.CONFIRMED}


def test_the_portals_own_total_decides_but_not_that_there_is_nothing(machine: Machine) -> None:
    assert machine.come(SHOPS[0], 5, is_counted=True)
    assert not machine.come(SHOPS[1], 0, is_counted=True)


def test_few_shops_keep_still_in_a_season_and_a_new_dataset_is_learned(tmp_path: Path) -> None:
    few = Machine(tmp_path / "few", IN_SEASON, SHOPS[:3])
    assert not few.come(SHOPS[0], 5)
    assert few.decide() == {SHOPS[0]: DoubtState.HEALED}
    few.ledger.close()
    new = Machine(tmp_path / "new", DAY, [])
    assert new.come(SHOPS[0], 0)
    assert new.ledger.checked.results(NAME, str(DAY)) == {SHOPS[0]: "learning"}
    new.ledger.close()


def test_a_file_that_is_gone_says_what_to_do(machine: Machine) -> None:
    assert not machine.come(SHOPS[0], 5)
    for path in machine.folder.glob("doubtful/**/*.xlsx"):
        path.unlink()
    doubt = machine.ledger.checked.doubt(machine.key(SHOPS[0]))
    assert doubt is not None
    with pytest.raises(DiskError, match=r"not on this machine.*force=1"):
        machine.doubts.take_back(doubt)


def test_marks_that_all_shops_have_are_taken_back(machine: Machine) -> None:
    machine.checks = Checks.model_validate({"rows": {"action": "warn"}})
    for shop in SHOPS:
        assert machine.come(shop, 30)
    assert machine.ledger.checked.doubts() != []
    assert set(machine.decide().values()) == {DoubtState.HEALED}
    assert machine.ledger.checked.doubts() == []
