"""A `pipelines_config` on disk that a test can edit and read."""

from __future__ import annotations

import re
import traceback
from pathlib import Path

from shopdata.config import Config, load_config
from shopdata.exceptions import ConfigError

SECRET = "pa55-w0rd-that-nobody-may-see"

#: The variables that GOOD refers to.
ENVIRON = {"ONE_PASSWORD": SECRET, "S3_SECRET": SECRET}

GOOD = {
    "shops.yaml": """\
shops:
  - id: one
    name: 第一家店
    platform: jd
    username: one@example.com
    password: ${ONE_PASSWORD}
    datasets: [jd_store]
""",
    "portals.yaml": """\
jd:
  login_url: https://passport.example.com/login
  report_origin: https://report.example.com
  gateway_origin: https://gateway.example.com
  download_hosts: [.example.com]
""",
    "lake.yaml": """\
object_store:
  endpoint: store.example.com:9000
  access_key: someone
  secret_key: ${S3_SECRET}
  bucket: warehouse
""",
    "schedule.yaml": """\
timezone: Asia/Shanghai
jobs:
  - {name: jd_store, spider: jd_store, cron: "30 8 * * *"}
""",
    "datasets/jd_store.yaml": """\
title: 库存
platform: jd
lag_days: 1
columns: [时间, SKU, 可用库存]
aliases:
  可用库存: [全国可用库存]
ids: [SKU]
keys: [SKU]
required: [SKU]
period_column: 时间
""",
}


class ConfigFolder:
    """Files that hold what GOOD holds, until they are edited."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for name, text in GOOD.items():
            self.write(name, text)

    def write(self, name: str, text: str | bytes) -> None:
        """Replaces a file, or adds one."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())

    def edit(self, name: str, old: str, new: str) -> None:
        """Replaces a piece that stands in the file once."""
        text = (self.path / name).read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        self.write(name, text.replace(old, new))

    def load(self, **variables: str) -> Config:
        """Reads it; `variables` are added to ENVIRON."""
        return load_config(self.path, ENVIRON | variables)

    def problems(self, **variables: str) -> list[str]:
        """The sentences of all mistakes, none of which holds the secret."""
        found: ConfigError | None = None
        try:
            self.load(**variables)
        except ConfigError as error:
            found = error
        if found is None:
            return []
        told = [str(problem) for problem in found.problems]
        assert str(found) == "\n".join(told)
        # The whole chain, as a traceback would print it.
        assert SECRET not in "".join(traceback.format_exception(found))
        return told

    @staticmethod
    def place(problem: str) -> str:
        """`file:line key` of a sentence."""
        match = re.match(r"(?:pipelines_config/)?(\S+?(?::\d+)?(?: \S+)?): ", problem)
        assert match is not None, problem
        return match[1]
