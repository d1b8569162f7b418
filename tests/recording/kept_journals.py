"""The journals of this folder, and what is known when they are read."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sandbox import Sandbox
from shopdata.config import platforms
from shopdata.recording.inference.known import Known, ways_to_read
from shopdata.recording.journal import Journal, read_journal
from shopdata.recording.saving import Recording

FOLDER = Path(__file__).parent / "journals"
#: Those of portals that nobody here wrote, by `tests/foreign_portals/show.py`.
FOREIGN = FOLDER.with_name("foreign_journals")
SHIPPED = Path(__file__).parents[2] / "pipelines_config" / "recipes"
CHATS = Path(__file__).parents[1] / "recipes"
#: What the stand-ins' hosts are called in the journals.
HOSTS = {
    "mms": "https://mms.example",
    "cashier": "https://cashier.mms.example",
    "mms_storage": "https://files.mms.example",
    "report": "https://report.example",
    "gateway": "https://gateway.example",
    "ads": "https://ads.example",
    "storage": "https://files.report.example",
}
#: What the hosts of the foreign portals are called in theirs.
FOREIGN_HOSTS = {"pretix": "https://tickets.example", "redmine": "https://tasks.example"}
_ORIGINS: Mapping[str, Mapping[str, str]] = {
    "pdd": {"login_url": "mms", "origin": "mms", "cashier_origin": "cashier"},
    "jd": {"login_url": "report", "report_origin": "report", "gateway_origin": "gateway", "ads_origin": "ads"},
}


def dialects(dataset: str, hosts: Mapping[str, str] = HOSTS) -> list[Known]:
    """A platform as a recording is read by it."""
    name = dataset.partition("_")[0]
    if name in FOREIGN_HOSTS:
        return [Known(name, {"origin": FOREIGN_HOSTS[name]})]
    platform = platforms()[name]
    section = {key: hosts[host] for key, host in _ORIGINS[name].items()}
    return ways_to_read(platform, platform.load_portal().model_validate({**section, "download_hosts": [".example"]}))


def kept(journal: Journal, sandbox: Sandbox, dataset: str) -> Recording:
    """A journal as it lies on the disk when its recording is saved."""
    hosts = [origin.partition("://")[2] for origin in sandbox.origins.values()]
    path = Path(tempfile.mkdtemp(prefix="shopdata-test-"), "journal.jsonl")
    days = [take.day for take in journal.takes]
    recording = Recording(path, days, hosts, sorted(secrets_of(sandbox)), dialects(dataset, sandbox.origins))
    for take in journal.takes:
        recording.begin(take.day)
        for entry in (*take.calls, *take.downloads):
            recording.note(entry)
    recording.save(dataset)
    return recording


def secrets_of(sandbox: Sandbox) -> set[str]:
    """What must not be kept however it looks."""
    return {text for shop in sandbox.shops for text in (shop.name, shop.username, shop.first_password)}


def journal_of(dataset: str) -> Journal:
    folder = FOREIGN if dataset.partition("_")[0] in FOREIGN_HOSTS else FOLDER
    return read_journal(folder / f"{dataset}.jsonl")


def shipped(dataset: str) -> dict[str, Any]:
    """The recipe that the project delivers."""
    # Chats are a class; as a recipe they are held against it (tests/recipes).
    folder, name = (
        (CHATS, dataset) if dataset == "pdd_chat" else (SHIPPED, re.sub("_(days|weekly|monthly)$", "", dataset))
    )
    found: dict[str, Any] = yaml.safe_load((folder / f"{name}.yaml").read_text("utf-8"))
    return found
