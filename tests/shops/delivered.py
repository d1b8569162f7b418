"""The delivered configuration without its shops, on disk."""

from __future__ import annotations

import shutil
from pathlib import Path

from shipped_config import FOLDER

from shopdata.config import Config, KeptShops, load_config

ENVIRON = dict.fromkeys(("SHOPDATA_S3_ENDPOINT", "SHOPDATA_S3_ACCESS_KEY", "SHOPDATA_S3_SECRET_KEY"), "something")


class Folder:
    """The delivered configuration, without its shops."""

    def __init__(self, path: Path) -> None:
        self.path = shutil.copytree(FOLDER, path, ignore=lambda *_: ["shops.yaml"])

    def load(self, kept: KeptShops, *, needs_shops: bool = True) -> Config:
        return load_config(self.path, ENVIRON, kept=kept, needs_shops=needs_shops)
