"""A shop that fails, in whatever way, costs that shop only; the same command later fetches just what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import lake_readers
import pytest
from workplace import Run, Workplace

from sandbox import Counters, Fault

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY = date(2026, 3, 1)

#: What becomes of the cell, and words that its reason must have.
FAULTS: dict[Fault, tuple[str, str]] = {
    Fault.WRONG_PASSWORD: ("needs_login", "credentials refused.*Fix user name or password"),
    Fault.CAPTCHA: ("needs_login", "asks for a slider.*scrapy login SHOP"),
    Fault.SMS: ("needs_login", "asks for an SMS code.*scrapy login SHOP"),
    Fault.CREATE_REFUSED: ("failed", "JD refused to make the report.*下载任务创建失败"),
    Fault.REPORT_FAILED: ("failed", "JD failed to make the report.*status '3'"),
    Fault.REPORT_STUCK: ("failed", "did not finish the report in time.*still in work after 15 seconds"),
    Fault.LIST_EMPTY_LINK: ("failed", "did not finish the report in time.*done, without a link"),
    Fault.FOREIGN_LINK_HOST: ("failed", "leads to a host that is not allowed.*127.0.0.1:.*download_hosts"),
    Fault.SERVER_ERROR_ALWAYS: ("failed", "the portal refused.*HTTP 500"),
    Fault.TOO_MANY_REQUESTS: ("failed", "risk control says too often.*HTTP 429"),
    Fault.LIST_HTML: ("failed", "scrapy login SHOP|something else than data"),
    Fault.TRUNCATED_DOWNLOAD: ("failed", "cut short"),
    Fault.TRUNCATED_WITHOUT_LENGTH: ("failed", "cut short"),
    Fault.HTML_INSTEAD_OF_WORKBOOK: ("rejected", "a web page came.*rejected/jd_store/2026-03-01/SHOP.html"),
    Fault.CORRUPT_WORKBOOK: ("rejected", "rejected/jd_store/2026-03-01/SHOP.xlsx"),
    Fault.WRONG_DATE: ("rejected", "时间.*2026-02-28.*expected 2026-03-01.*rejected/jd_store/2026-03-01/SHOP.xlsx"),
    Fault.MISSING_REQUIRED_COLUMN: ("rejected", "required column 'SKU'.*rejected/jd_store/2026-03-01/SHOP.xlsx"),
    Fault.RENAMED_COLUMN: ("rejected", "'可用库存件数' looks like '可用库存'"),
    Fault.EMPTY_REPORT: ("rejected", "a header and no rows.*allow_empty"),
}
#: These stay with the report that JD has made, so that a new one must be ordered.
BOUND_TO_THE_REPORT = {Fault.REPORT_FAILED, Fault.REPORT_STUCK, Fault.LIST_EMPTY_LINK, Fault.FOREIGN_LINK_HOST}
#: These wait for a person: they are not asked again before somebody has signed them in.
PARKED = {Fault.CAPTCHA, Fault.SMS}
#: Only these need to sign in; the others have the session of an earlier day.
SIGN_IN = {Fault.WRONG_PASSWORD, Fault.CAPTCHA, Fault.SMS}
SHOP = {fault: f"sandbox-{number:02d}" for number, fault in enumerate(FAULTS, 1)}
WRONG_PASSWORD = SHOP[Fault.WRONG_PASSWORD]
#: Shops that the portal treats well, or almost.
GOOD = {
    f"sandbox-{len(FAULTS) + 1:02d}": None,
    f"sandbox-{len(FAULTS) + 2:02d}": Fault.SERVER_ERROR_ONCE,
    f"sandbox-{len(FAULTS) + 3:02d}": Fault.REORDERED_COLUMNS,
}
A_WRONG_ONE = "not-the-right-pass-word"


@dataclass
class Try:
    """One run, and what the store, the ledger and the portals said after it."""

    run: Run
    receipt: dict[str, Any]
    status: dict[str, list[dict[str, Any]]]
    counters: Counters
    hosts: dict[str, set[str]] = field(default_factory=dict)

    @property
    def missing(self) -> dict[str, dict[str, str]]:
        return {entry["id"]: entry for entry in self.receipt["missing"]}


@dataclass
class Story:
    place: Workplace
    #: Every shop has its fault.
    first: Try
    #: Only the shops that wait for a person are asked for again, and nobody has acted.
    stubborn: Try
    #: The faults are gone, the password is fixed, a person has signed in where that was asked.
    fixed: Try


@pytest.fixture(scope="module")
def story(make_workplace: Callable[..., Workplace]) -> Story:
    place = make_workplace(shops=len(FAULTS) + len(GOOD), report_deadline_seconds=15.0)
    patience = {"max_tries": 2, "retry_after_seconds": 0.1, "cooldown_tries": 1, "cooldown_seconds": 0.1}
    place.edit("portals.yaml", lambda portals: portals["jd"].update(patience))
    variable = f"{WRONG_PASSWORD.upper().replace('-', '_')}_PASSWORD"
    place.variables[variable] = A_WRONG_ONE
    for fault, shop in SHOP.items():
        if fault is not Fault.WRONG_PASSWORD:
            place.sandbox.set_fault(shop, fault)
    for shop, fault in GOOD.items():
        if fault is not None:
            place.sandbox.set_fault(shop, fault, at="create" if fault is Fault.REORDERED_COLUMNS else "list")
    place.sign_in(*(shop for fault, shop in SHOP.items() if fault not in SIGN_IN), *GOOD)

    def attempt(*arguments: str) -> Try:
        place.sandbox.clear_records()
        # All at once: nobody's deadline passes while others have their turn.
        run = place.crawl(f"date={DAY}", "--set=LOG_LEVEL=DEBUG", "--set=SHOPDATA_SHOPS_AT_ONCE=40", *arguments)
        assert run.code in (0, 1), run.text
        hosts: dict[str, set[str]] = {}
        for record in place.sandbox.records():
            if record.shop_id is not None:
                hosts.setdefault(record.shop_id, set()).add(record.host)
        return Try(run, place.receipt(str(DAY)), place.status(), place.sandbox.counters(), hosts)

    first = attempt()
    parked = [SHOP[fault] for fault in PARKED]
    stubborn = attempt(f"shops={','.join([WRONG_PASSWORD, *parked])}")
    place.sandbox.clear_faults()
    del place.variables[variable]
    place.sign_in(*parked)
    return Story(place, first, stubborn, attempt())


class TestFirstRun:
    def test_says_that_something_is_missing(self, story: Story) -> None:
        assert story.first.run.code == 1, story.first.run.text

    def test_the_other_shops_are_published(self, story: Story) -> None:
        assert [shop["id"] for shop in story.first.receipt["shops"]] == list(GOOD)
        shops = [shop for shop in story.place.shops if shop.id in GOOD]
        assert story.first.receipt["rows"] == len(lake_readers.sent(story.place.sandbox, DAY, shops))

    @pytest.mark.parametrize("fault", FAULTS)
    def test_receipt_names_state_and_reason(self, story: Story, fault: Fault) -> None:
        state, words = FAULTS[fault]
        entry = story.first.missing[SHOP[fault]]
        assert entry["state"] == state
        assert re.search(words.replace("SHOP", SHOP[fault]), entry["reason"]), entry["reason"]
        assert "\n" not in entry["reason"]
        assert "Traceback" not in entry["reason"]
        assert str(story.place.folder) not in entry["reason"]

    def test_nobody_else_is_missing(self, story: Story) -> None:
        assert set(story.first.missing) == set(SHOP.values())

    def test_no_mistake_of_ours_was_met(self, story: Story) -> None:
        assert "Traceback" not in story.first.run.text
        assert "unexpected" not in str(story.first.receipt)

    def test_what_was_refused_is_kept_as_it_came(self, story: Story) -> None:
        kept = story.place.state_dir / "rejected" / "jd_store" / str(DAY)
        rejected = {SHOP[fault] for fault, (state, _) in FAULTS.items() if state == "rejected"}
        told = {shop for shop, entry in story.first.missing.items() if "rejected/" in entry["reason"]}
        assert {path.stem for path in kept.iterdir()} == told
        # A portal that fails may have said something too.
        assert rejected <= told
        # The reason leads to the bytes.
        for shop in told:
            (found,) = re.findall(rf"rejected/jd_store/{DAY}/\S+", story.first.missing[shop]["reason"])
            assert (story.place.state_dir / found.rstrip(".")).is_file()

    @pytest.mark.parametrize("name", ["first", "stubborn", "fixed"])
    def test_ledger_and_bucket_say_the_same(self, story: Story, name: str) -> None:
        attempt: Try = getattr(story, name)
        cells = {cell["shop"]: cell for cell in attempt.status["cells"]}
        assert list(cells) == [shop.id for shop in story.place.shops]
        assert {shop["id"]: shop["rows"] for shop in attempt.receipt["shops"]} == {
            shop: cell["rows"] for shop, cell in cells.items() if cell["state"] == "published"
        }
        assert attempt.receipt["missing"] == [
            {"id": shop, **{name: cell[name] for name in ("state", "reason", "code", "params")}}
            for shop, cell in cells.items()
            if cell["state"] != "published"
        ]
        (partition,) = attempt.status["partitions"]
        assert partition == {
            "dataset": "jd_store",
            "dt": str(DAY),
            "rows": attempt.receipt["rows"],
            "published": len(attempt.receipt["shops"]),
            "missing": attempt.receipt["missing"],
        }

    def test_a_forbidden_host_is_not_asked(self, story: Story) -> None:
        assert all("elsewhere" not in hosts for hosts in story.first.hosts.values())

    def test_status_tells_a_person_why(self, story: Story) -> None:
        assert "(sandbox-01): needs_login: " in story.first.run.err


class TestWrongPassword:
    def test_is_sent_once(self, story: Story) -> None:
        assert story.first.counters.refused_logins == {WRONG_PASSWORD: 1}

    def test_is_not_sent_again_by_the_next_run(self, story: Story) -> None:
        assert story.stubborn.run.code == 1
        assert story.stubborn.counters.refused_logins == {}
        assert story.stubborn.hosts == {}
        assert story.stubborn.run.programs() == set()
        assert "credentials refused" in story.stubborn.missing[WRONG_PASSWORD]["reason"]

    def test_neither_is_a_shop_that_waits_for_a_person(self, story: Story) -> None:
        for fault in PARKED:
            assert story.stubborn.missing[SHOP[fault]]["state"] == "needs_login"
            assert "waits for a person since an earlier run" in story.stubborn.missing[SHOP[fault]]["reason"]
            assert (story.place.state_dir / "screenshots" / f"jd_{SHOP[fault]}.png").read_bytes()[1:4] == b"PNG"

    def test_a_changed_one_is_tried(self, story: Story) -> None:
        assert story.fixed.counters.logins[WRONG_PASSWORD] == 1
        assert WRONG_PASSWORD not in story.fixed.missing


class TestAfterTheFaultsAreGone:
    def test_only_the_missing_shops_are_asked(self, story: Story) -> None:
        assert set(story.fixed.hosts) == set(SHOP.values())

    def test_what_jd_made_wrong_is_ordered_anew(self, story: Story) -> None:
        for fault in BOUND_TO_THE_REPORT:
            assert story.fixed.counters.jobs[SHOP[fault]] == {str(DAY): 1}

    def test_what_jd_made_well_is_not_ordered_again(self, story: Story) -> None:
        assert SHOP[Fault.TRUNCATED_DOWNLOAD] not in story.fixed.counters.jobs

    def test_the_partition_is_complete(self, story: Story) -> None:
        assert story.fixed.run.code == 0, story.fixed.run.text[-5000:]
        assert story.fixed.receipt["missing"] == []
        header, rows = lake_readers.read_by_pyarrow(story.place.store, DAY)
        assert header == lake_readers.COLUMNS
        assert rows == lake_readers.as_parquet(lake_readers.sent(story.place.sandbox, DAY))


class TestSecrets:
    """All runs above logged at DEBUG."""

    @staticmethod
    def secrets(place: Workplace) -> set[str]:
        sandbox = place.sandbox
        found = {sandbox.password(shop.id) for shop in place.shops} | {A_WRONG_ONE}
        found.add(place.store.secret_key.get_secret_value())
        for path in (place.state_dir / "sessions").glob("*.session"):
            found.update(re.findall(r'"name": "thor", "value": "([^"]+)"', path.read_text("utf-8")))
        assert len(found) >= 2 * len(place.shops)
        return found

    def test_nothing_that_was_shown_or_written_holds_one(self, story: Story) -> None:
        place = story.place
        haystack = {"output": place.texts().encode(), "status": str(story.first.status).encode()}
        for path in (path for path in place.state_dir.rglob("*") if path.is_file()):
            if path.parent.name != "sessions":
                haystack[str(path.relative_to(place.state_dir))] = path.read_bytes()
        with place.objects() as store:
            haystack |= {key: store.get_bytes(key) for key in place.stored_keys() if key.startswith("receipts/")}
        assert len([name for name in haystack if "ledger" in name]) >= 1
        needles = [secret.encode() for secret in self.secrets(place)]
        assert [name for name, content in haystack.items() if any(needle in content for needle in needles)] == []

    def test_session_files_are_for_their_owner(self, story: Story) -> None:
        modes = {path.stat().st_mode & 0o777 for path in (story.place.state_dir / "sessions").glob("*.session")}
        assert modes == {0o600}


def test_paths_of_this_machine_are_not_in_the_store(story: Story) -> None:
    with story.place.objects() as store:
        receipt = store.get_bytes(f"receipts/jd/jd_store/dt={DAY}.json").decode()
    assert str(story.place.folder) not in receipt
    assert str(Path.home()) not in receipt
