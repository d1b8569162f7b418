"""The service's own process with a project of one spider that does nothing: soon up, and answers many questions."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from base64 import b64encode
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from steady_port import steady_port

REPO = Path(__file__).parents[2]
USER, PASSWORD = "tester", "fake-Pass-word-17"
TIMEOUT_SECONDS = 300

_EGG = {
    "tiny/__init__.py": "",
    "tiny/settings.py": "BOT_NAME = 'tiny'\nSPIDER_MODULES = ['tiny.spiders']\n",
    "tiny/spiders.py": (
        "import scrapy\n"
        "class Tiny(scrapy.Spider):\n"
        "    name = 'jd_store'\n"
        "    async def start(self):\n"
        "        return\n"
        "        yield\n"
    ),
    "EGG-INFO/PKG-INFO": "Metadata-Version: 1.0\nName: tiny\nVersion: 1\n",
    "EGG-INFO/entry_points.txt": "[scrapy]\nsettings = tiny.settings\n",
}


def tiny_egg(**files: str) -> bytes:
    """The project as scrapyd takes it; `files` by the stem of their names, in place of what they hold."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as egg:
        for name, text in _EGG.items():
            egg.writestr(name, files.get(Path(name).stem, text))
    return packed.getvalue()


class TinyService:
    """`python -m shopdata.service.daemon` with a state directory and a port of its own."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.port = steady_port()
        self.state_dir = folder / "state"
        self.folder = self.state_dir / "service"
        config_dir = folder / "config"
        if not config_dir.exists():
            shutil.copytree(REPO / "pipelines_config", config_dir)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOPDATA_")}
        self.environment = kept | {
            "PYTHONPATH": str(REPO),
            "SHOPDATA_CONFIG_DIR": str(config_dir),
            "SHOPDATA_STATE_DIR": str(self.state_dir),
            "SHOPDATA_SERVICE_PORT": str(self.port),
            "SHOPDATA_SERVICE_USERNAME": USER,
            "SHOPDATA_SERVICE_PASSWORD": PASSWORD,
            "JD_FLAGSHIP_USERNAME": "someone",
            "JD_FLAGSHIP_PASSWORD": "fake",
            "SHOPDATA_S3_ENDPOINT": "127.0.0.1:9",
            "SHOPDATA_S3_ACCESS_KEY": "fake",
            "SHOPDATA_S3_SECRET_KEY": "fake",
        } | variables  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        path = self.folder / "service.log"
        return path.read_text("utf-8") if path.exists() else ""

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "shopdata.service.daemon"], cwd=self.folder, env=self.environment
        )
        self.wait_until(self._is_up, "it does not answer")

    def _is_up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log
        try:
            return self.ask("daemonstatus.json")["status"] == "ok"
        except OSError:
            return False

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def deploy(self, egg: bytes, version: str = "1", project: str = "shopdata") -> dict[str, Any]:
        line = b"--line"
        fields = {b"project": project.encode(), b"version": version.encode(), b"egg": egg}
        parts = [
            line + b'\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % field for field in fields.items()
        ]
        answer = self.request(
            "POST",
            "/addversion.json",
            b"".join(parts) + line + b"--\r\n",
            {"Content-Type": "multipart/form-data; boundary=line"},
        )
        return json.loads(answer[2])

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        *,
        auth: str = f"{USER}:{PASSWORD}",
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers by their names in lower case, body."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)) as connection:
            signed = {"Authorization": "Basic " + b64encode(auth.encode()).decode()} if auth else {}
            connection.request(method, path, body, signed | (headers or {}))
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def ask(self, page: str, **form: str | list[str]) -> dict[str, Any]:
        """GET, or POST of a form, as JSON."""
        body = urlencode(form, doseq=True).encode() if form else None
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if form else None
        status, _, content = self.request("POST" if form else "GET", f"/{page}", body, kind)
        assert status == 200, content
        return json.loads(content)

    def schedule(self, **changes: str | list[str]) -> dict[str, Any]:
        return self.ask("schedule.json", **({"project": "shopdata", "spider": "jd_store"} | changes))

    def finished(self) -> dict[str, dict[str, Any]]:
        """Jobs that have ended, by their ids."""
        return {job["id"]: job for job in self.ask("listjobs.json")["finished"]}

    def is_idle(self) -> bool:
        about = self.ask("daemonstatus.json")
        return about["pending"] + about["running"] == 0

    def wait_until(self, is_so: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not is_so():
            assert time.monotonic() < deadline, f"{what}:\n{self.log}"
            time.sleep(0.05)
