"""The board behind its own door, in a process of its own; prints its port. Its control only takes notes."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from scrapy.utils.reactor import install_reactor

install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")

from twisted.internet import reactor  # noqa: E402
from twisted.web.resource import Resource  # noqa: E402

from shopdata.exceptions import ArgumentError  # noqa: E402
from shopdata.reasons import Reason  # noqa: E402
from shopdata.service.board.site import Board  # noqa: E402
from shopdata.service.control import CrawlJob, Disk, Due, LogCopy  # noqa: E402
from shopdata.service.door import Door, GuardedSite, Guesses, Hosts, SignIn  # noqa: E402
from shopdata.service.options import ServiceOptions  # noqa: E402
from shopdata.service.people.browsers import Browsers  # noqa: E402
from shopdata.service.people.users import Users  # noqa: E402
from shopdata.service.recordings.recordings import Recordings  # noqa: E402
from shopdata.service.sign_ins.sign_ins import SignIns  # noqa: E402
from shopdata.workspace import Workspace  # noqa: E402


class NotingControl:
    """Answers from `control.json`, writes what it is told to do into `calls.jsonl`."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self._folder = folder
        self._now = now

    def jobs(self) -> list[CrawlJob]:
        return [
            CrawlJob(**{**job, **_times(job, "started_at", "ended_at"), "log": _path(job)})
            for job in self._facts("jobs")
        ]

    def next_due(self) -> list[Due]:
        return [
            Due(**{**due, **_times(due, "next_at", "last_at"), "last_reasons": _reasons(due)})
            for due in self._facts("due")
        ]

    def schedule_problem(self) -> str:
        return ""

    def run_now(self, job: str) -> str:
        self._known(job)
        return self._note("run_now", job=job)

    def collect(
        self, dataset: str, dts: Collection[str], shops: Collection[str] = (), *, force: bool = False
    ) -> list[str]:
        return [self._note("collect", dataset=dataset, dts=list(dts), shops=list(shops), force=force)]

    def dataset_of(self, spider: str, arguments: Mapping[str, object]) -> str:
        kinds = {"day": "days", "week": "weekly", "month": "monthly"}
        return f"pdd_kpi_{kinds[str(arguments.get('period', 'day'))]}" if spider == "pdd_kpi" else spider

    def cancel(self, run_id: str) -> bool:
        self._note("cancel", run_id=run_id)
        return True

    def pause(self, job: str) -> None:
        self._known(job)
        self._note("pause", job=job)

    def resume(self, job: str) -> None:
        self._known(job)
        self._note("resume", job=job)

    def log_path(self, run_id: str) -> Path | None:
        path = self._folder / "state" / "logs" / f"{run_id}.log"
        return path if path.is_file() else None

    def log_copy(self, run_id: str, spider: str) -> LogCopy | None:
        path = self._folder / "state" / "log-copies" / spider / f"{run_id}.log"
        return LogCopy(path, self._now - timedelta(minutes=1)) if path.is_file() else None

    def is_draining(self) -> bool:
        return (self._folder / "draining").exists()

    def disk(self) -> Disk:
        return Disk(state=1_830_000_000, logs=240_000_000, free=61_000_000_000, total=120_000_000_000)

    def started_at(self) -> datetime:
        return self._now - timedelta(days=9, hours=3)

    def _facts(self, name: str) -> list[dict]:
        return json.loads((self._folder / "control.json").read_text("utf-8"))[name]

    def _known(self, job: str) -> None:
        if job not in {due["job"] for due in self._facts("due")}:
            raise ArgumentError(f"there is no entry {job!r}", where="schedule.yaml", todo="Reload the page.")

    def _note(self, action: str, **facts: object) -> str:
        with (self._folder / "calls.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"action": action, **facts}) + "\n")
        return f"noted-{action}"


def _reasons(due: dict) -> tuple[Reason, ...]:
    return tuple(map(Reason.from_json, due.get("last_reasons", ())))


def _times(facts: Mapping[str, str | None], *names: str) -> dict[str, datetime | None]:
    return {name: datetime.fromisoformat(text) if (text := facts.get(name)) else None for name in names}


def _path(job: Mapping[str, str | None]) -> Path | None:
    return Path(text) if (text := job.get("log")) else None


def main(folder: Path, now: datetime, user: str, password: str, *, signs_in: bool) -> None:
    """Serves until its standard input is closed: then whoever started it is gone."""
    key = folder / "key"
    workspace = Workspace(folder / "state", secret_key=key.read_text("utf-8") if key.is_file() else None)
    users = Users(folder / "users", user)
    sign_in = SignIn(user, password, users.file)
    door = Door(Hosts("127.0.0.1"), sign_in, Guesses(), Browsers(folder / "browsers.json", sign_in.mark))
    options = ServiceOptions(state_dir=folder / "state")
    board = Board(
        workspace, NotingControl(folder, now), door, users=users,
        sign_ins=SignIns(options, lambda shop: None) if signs_in else None,
        recordings=Recordings(options), now=lambda: now,
    )  # fmt: skip
    root = Resource()
    root.putChild(b"", board)
    root.putChild(b"board", board)
    port = reactor.listenTCP(0, GuardedSite(root, door), interface="127.0.0.1")
    reactor.callInThread(lambda: (sys.stdin.read(), reactor.callFromThread(reactor.stop)))
    print(port.getHost().port, flush=True)
    reactor.run()


if __name__ == "__main__":
    folder, now, user, password, *more = sys.argv[1:]
    main(Path(folder), datetime.fromisoformat(now), user, password, signs_in="sign-ins" in more)
