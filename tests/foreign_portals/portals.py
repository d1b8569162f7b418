"""pretix and Redmine as they come, each on a free port with data of thirty days; nothing of them is ours."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from processes import Processes, free_port

HERE = Path(__file__).parent
USER, PASSWORD = "office@tea.example", "obvious-Fake-2026"
_REDMINE = Path("/usr/share/redmine")


@dataclass(frozen=True)
class Running:
    """A portal that answers.

    Args:
        section: what portals.yaml says of it.
    """

    name: str
    origin: str
    section: dict[str, Any]


@contextmanager
def pretix(python: Path, cache: Path, folder: Path, today: date) -> Iterator[Running]:
    """Redis, pretix and its Celery worker.

    Args:
        cache: keeps a database without data: migrations take minutes.
    """
    port, redis = free_port(), free_port()
    origin, data = f"http://127.0.0.1:{port}", folder / "data"
    data.mkdir(parents=True)
    config = folder / "pretix.cfg"
    at_redis = f"redis://127.0.0.1:{redis}"
    config.write_text(
        f"[pretix]\ninstance_name=Tickets\nurl={origin}\ndatadir={data}\n[database]\nbackend=sqlite3\n"
        f"[redis]\nlocation={at_redis}/0\nsessions=true\n[celery]\nbackend={at_redis}/1\nbroker={at_redis}/2\n",
        "utf-8",
    )
    given = {
        "PRETIX_CONFIG_FILE": str(config), "PYTHONPATH": str(HERE), "DJANGO_SETTINGS_MODULE": "pretix.settings",
        "FOREIGN_TODAY": today.isoformat(), "FOREIGN_USER": USER, "FOREIGN_PASSWORD": PASSWORD, "HOME": str(folder),
    }  # fmt: skip
    with Processes(folder, given) as processes:
        processes.start(
            "redis", ["redis-server", "--port", str(redis), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        )
        kept = cache / "pretix-empty.sqlite3"
        if kept.is_file():
            shutil.copy(kept, data / "db.sqlite3")
        else:
            processes.run("migrate", [str(python), "-m", "pretix", "migrate"])
            shutil.copy(data / "db.sqlite3", kept)
        with closing(sqlite3.connect(data / "db.sqlite3")) as database:
            # Else who reads waits for the worker, which writes: pretix is meant for PostgreSQL.
            database.execute("PRAGMA journal_mode=WAL")
        processes.run(
            "data", [str(python), "-m", "pretix", "shell", "-c", (HERE / "pretix_data.py").read_text("utf-8")]
        )
        processes.start(
            "worker", [str(python), "-m", "celery", "-A", "pretix.celery_app", "worker", "-c", "1", "-l", "info"]
        )
        processes.start(
            "web",
            [str(python), "-m", "gunicorn", "pretix_wsgi", "-b", f"127.0.0.1:{port}", "-w", "1", "--threads", "4"],
        )
        processes.wait_for(f"{origin}/control/login")
        yield Running(
            "pretix",
            origin,
            {
                "title": {"zh": "pretix 售票", "en": "pretix"},
                "login_url": f"{origin}/control/login",
                "origin": origin,
                "home_path": "/control/",
                "session_cookies": ["pretix_session"],
                "download_hosts": [f"127.0.0.1:{port}"],
                "login_page": {"username": ["input[name=email]"]},
                "login": {"check": "{pretix.origin}/api/v1/me", "alive": {"$.email": "*"}},
            },
        )


@contextmanager
def redmine(cache: Path, folder: Path, today: date) -> Iterator[Running]:
    """Redmine under puma, in a copy of the package's folder: what it writes, it writes there."""
    port = free_port()
    origin, home = f"http://127.0.0.1:{port}", folder / "redmine"
    shutil.copytree(_REDMINE, home, ignore=shutil.ignore_patterns("instances", "database.yml", "Gemfile.lock"))
    own = home / "instances" / "default"
    for part in ("config", "log", "tmp", "files"):
        (own / part).mkdir(parents=True)
    base = folder / "redmine.sqlite3"
    database = f"production:\n  adapter: sqlite3\n  database: {base}\n  timeout: 60000\n"
    for place in (own / "config", home / "config"):
        (place / "database.yml").write_text(database, "utf-8")
    (own / "config" / "secret_key.txt").write_text("0" * 64, "utf-8")
    given = {
        "RAILS_ENV": "production", "REDMINE_LANG": "en", "TZ": "Asia/Shanghai", "HOME": str(folder),
        "FOREIGN_TODAY": today.isoformat(), "FOREIGN_USER": USER, "FOREIGN_PASSWORD": PASSWORD,
    }  # fmt: skip
    with Processes(folder, given) as processes:
        kept = cache / "redmine-empty.sqlite3"
        if kept.is_file():
            shutil.copy(kept, base)
        else:
            for task in ("db:migrate", "redmine:load_default_data"):
                processes.run(task.replace(":", "-"), ["ruby", "-S", "rake", task], cwd=home)
            shutil.copy(base, kept)
        processes.run("data", ["ruby", "bin/rails", "runner", str(HERE / "redmine_data.rb")], cwd=home)
        processes.start("web", ["puma", "-b", f"tcp://127.0.0.1:{port}", "-e", "production", "-t", "1:4"], cwd=home)
        processes.wait_for(f"{origin}/login")
        yield Running(
            "redmine",
            origin,
            {
                "title": {"zh": "Redmine", "en": "Redmine"},
                "login_url": f"{origin}/login",
                "origin": origin,
                "home_path": "/my/page",
                "session_cookies": ["Redmine"],
                "download_hosts": [f"127.0.0.1:{port}"],
                "login_page": {"username": ["#username"]},
                "login": {"check": "{redmine.origin}/my/account", "alive_on_page": "Logged in as"},
            },
        )
