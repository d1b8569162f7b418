"""Files for those who start the service at boot: a systemd unit, a compose file."""

from __future__ import annotations

import getpass
import shutil
import sys
from pathlib import Path

import yaml

from shopdata.service.options import ServiceOptions

_UNIT = """\
# Written by `scrapy service unit`. Save it as /etc/systemd/system/shopdata.service, then:
#   systemctl daemon-reload && systemctl enable --now shopdata
[Unit]
Description=shopdata: collects e-commerce reports by its schedule
Wants=network-online.target
After=network-online.target

[Service]
Type=forking
PIDFile={pid_file}
User={user}
WorkingDirectory={source}
# NAME=value, one a line, mode 0600: passwords of the shops, keys of the store (docs/operate.md). - : it may be missing.
# `service start` reads it too, and refuses by its number what systemd would take for something else.
EnvironmentFile=-{source}/.env
Environment=SHOPDATA_STATE_DIR={state_dir}
UMask=0077
ExecStart={scrapy} service start
# Running crawls put down what they have in hand and go on with the next start: a shutdown must not wait for a portal.
ExecStop={scrapy} service stop --now
# The service sees to its crawls itself. With control-group or mixed, systemd would kill them whenever the service
# crashes; this way they finish, and the service that Restart= brings up reattaches them.
KillMode=process
Restart=on-failure
RestartSec=10
TimeoutStartSec=180
TimeoutStopSec=120

[Install]
WantedBy=multi-user.target
"""


def systemd_unit(source: Path, options: ServiceOptions) -> str:
    """A unit for this checkout, this user and this state directory."""
    scrapy = shutil.which("scrapy", path=str(Path(sys.executable).parent)) or f"{sys.executable} -m scrapy"
    return _UNIT.format(
        pid_file=_line(options.pid_file.absolute()),
        user=getpass.getuser(),
        source=_line(source),
        state_dir=_word(options.state_dir.absolute()),
        scrapy=_word(Path(scrapy)),
    )


def _line(path: Path) -> str:
    """For settings that are one path to the end of the line: only % is special, it begins a specifier."""
    return str(path).replace("%", "%%")


def _word(path: Path) -> str:
    """For settings that are lists of words: there a blank ends a word, and a backslash begins an escape."""
    return _line(path).replace("\\", "\\\\").replace(" ", "\\x20")


_IMAGE = """\
FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends chromium fonts-wqy-zenhei \\
    && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home shopdata && mkdir /state && chown shopdata /state
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY setup.py scrapy.cfg ./
COPY shopdata shopdata
COPY pipelines_config pipelines_config
USER shopdata
"""

#: Stays for as long as the service is up; docker stop lets crawls put down what they have in hand.
_COMMAND = (
    "trap 'scrapy service stop --now; exit 0' TERM INT; scrapy service start || exit 1; "
    "while scrapy service status >/dev/null; do sleep 60 & wait $$!; done; exit 1"
)

_COMPOSE = """\
# Written by `scrapy service compose`. Save it as compose.yaml in the project's folder; docs/operate.md explains it.
"""


def compose_file() -> str:
    """The service, a PostgreSQL for its ledger and a store that speaks S3, as docker compose reads it."""
    database_password = "${POSTGRES_PASSWORD:?set it in .env}"  # noqa: S105 - a name
    secret_key = "${SHOPDATA_S3_SECRET_KEY:?set it in .env}"  # noqa: S105 - a name
    service = {
        "build": {"context": ".", "dockerfile_inline": _Block(_IMAGE)},
        "command": ["sh", "-c", _COMMAND],
        # Buries the processes that a crashed service leaves, and hands signals on.
        "init": True,
        "stop_grace_period": "2m",
        "restart": "unless-stopped",
        "env_file": [".env"],
        "environment": {
            "SHOPDATA_STATE_DIR": "/state",
            "SHOPDATA_CONFIG_DIR": "/app/pipelines_config",
            "SHOPDATA_DATABASE_URL": f"postgresql+psycopg://shopdata:{database_password}@ledger/shopdata",
            "SHOPDATA_S3_ENDPOINT": "store:9000",
            "SHOPDATA_S3_SECURE": "false",
            "SHOPDATA_S3_ACCESS_KEY": "${SHOPDATA_S3_ACCESS_KEY:-shopdata}",
            "SHOPDATA_SERVICE_BIND": "0.0.0.0",  # noqa: S104 - inside the container; published on loopback only
            "SHOPDATA_SERVICE_HOSTS": "${SHOPDATA_SERVICE_HOSTS:-shopdata}",
            "SHOPDATA_SERVICE_USERNAME": "${SHOPDATA_SERVICE_USERNAME:?set it in .env}",
            "SHOPDATA_SERVICE_PASSWORD": "${SHOPDATA_SERVICE_PASSWORD:?set it in .env}",
        },
        "ports": ["127.0.0.1:6800:6800"],
        "volumes": ["state:/state", "./pipelines_config:/app/pipelines_config:ro"],
        "depends_on": {"ledger": {"condition": "service_healthy"}, "store": {"condition": "service_started"}},
    }
    ledger = {
        "image": "postgres:17-bookworm",
        "restart": "unless-stopped",
        "environment": {
            "POSTGRES_USER": "shopdata",
            "POSTGRES_DB": "shopdata",
            "POSTGRES_PASSWORD": database_password,
        },
        "volumes": ["ledger:/var/lib/postgresql/data"],
        "healthcheck": {
            "test": ["CMD-SHELL", "pg_isready -U shopdata"],
            "interval": "5s",
            "timeout": "5s",
            "retries": 20,
        },
    }
    store = {
        "image": "minio/minio",
        "restart": "unless-stopped",
        "command": ["server", "/data"],
        "environment": {
            "MINIO_ROOT_USER": "${SHOPDATA_S3_ACCESS_KEY:-shopdata}",
            "MINIO_ROOT_PASSWORD": secret_key,
        },
        "volumes": ["store:/data"],
    }
    content = {
        "name": "shopdata",
        "services": {"shopdata": service, "ledger": ledger, "store": store},
        "volumes": {"state": {}, "ledger": {}, "store": {}},
    }
    return _COMPOSE + yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=1000)


class _Block(str):
    """A text of several lines, written as such."""


class _Dumper(yaml.SafeDumper):
    """Keeps lines, and writes out what stands twice."""

    def ignore_aliases(self, data: object) -> bool:
        return True


_Dumper.add_representer(
    _Block, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|")
)
