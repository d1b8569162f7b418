"""Hosts that files of a recording came from, and the list of those that files may be fetched from."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from shopdata.config import Portal
from shopdata.exceptions import UsageError
from shopdata.files import write_durably
from shopdata.recording.journal import Journal

_KEY = "download_hosts"


def unknown_hosts(journal: Journal, portal: Portal) -> list[str]:
    """Hosts of the files that were shown, from which nothing may be fetched yet."""
    urls = {take.downloads[-1].url for take in journal.takes if take.downloads}
    own = {urlsplit(address).hostname for address in portal.addresses}
    allowed = {urlsplit(url).hostname for url in urls if portal.allows_download(url)}
    hosts = {urlsplit(url).hostname or "" for url in urls if url.startswith("http")}
    return sorted(hosts - own - allowed - {""})


def allow_host(path: Path, platform: str, host: str) -> None:
    """Adds a host to a platform's `download_hosts` in portals.yaml, and leaves all else as it stands.

    Raises:
        UsageError: that can't be done without touching anything else; it says what to write.
    """
    # Not as text: line ends stay what they are.
    text = path.read_bytes().decode("utf-8")
    section = _value(yaml.compose(text), platform)
    hosts = _value(section, _KEY)
    written = _with(text, hosts, host) if isinstance(hosts, yaml.SequenceNode) else text
    if not _has_only_one_more(text, written, platform, host):
        raise UsageError(
            f"{_KEY} of {platform} can't be changed without touching what stands around it",
            where=str(path),
            todo=f"Add {host} to that list by hand.",
        )
    write_durably(path, written.encode())


def _with(text: str, hosts: yaml.SequenceNode, host: str) -> str:
    """The text with one more in the list."""
    word = host if re.fullmatch(r"\.?[a-z][a-z0-9.-]*", host) else json.dumps(host)
    end = "\r\n" if "\r\n" in text else "\n"
    if not hosts.value:
        place = hosts.end_mark.index - 1
        return f"{text[:place]}{word}{text[place:]}"
    last = hosts.value[-1]
    after = last.end_mark.index
    if not hosts.flow_style:
        # Behind the line, so that a comment stays with its host.
        line = _line_end(text, after)
        return f"{text[:line]}{end}{' ' * hosts.start_mark.column}- {word}{text[line:]}"
    if last.end_mark.line == hosts.end_mark.line:
        return f"{text[:after]}, {word}{text[after:]}"
    line = _line_end(text, after)
    comma = "" if text[after:line].lstrip().startswith(",") else ","
    return f"{text[:after]}{comma}{text[after:line]}{end}{' ' * last.start_mark.column}{word}{text[line:]}"


def _line_end(text: str, place: int) -> int:
    found = text.find("\n", place)
    found = len(text) if found < 0 else found
    return found - 1 if text[place:found].endswith("\r") else found


def _has_only_one_more(before: str, after: str, platform: str, host: str) -> bool:
    """True if both say the same, but for that host at the end of that list."""
    try:
        # By way of JSON: what an anchor shares is then a copy of its own in each place.
        wanted: Any = json.loads(json.dumps(yaml.safe_load(before), default=str))
        wanted[platform][_KEY].append(host)
        return bool(json.loads(json.dumps(yaml.safe_load(after), default=str)) == wanted)
    except (yaml.YAMLError, KeyError, TypeError, AttributeError):
        return False


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for name, value in pairs if name.value == key), None)
