"""Writes a `pipelines_config` folder that points a `shopdata` at a sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from sandbox.world import SHANGHAI, SandboxShop, World

LAKE: dict[str, Any] = {
    # A sandbox's object store listens on loopback without TLS.
    "object_store": {
        "endpoint": "${SHOPDATA_S3_ENDPOINT}",
        "secure": False,
        "access_key": "${SHOPDATA_S3_ACCESS_KEY}",
        "secret_key": "${SHOPDATA_S3_SECRET_KEY}",
        "bucket": "warehouse",
    },
    "dremio": {
        "url": "${SHOPDATA_DREMIO_URL:-}",
        "username": "${SHOPDATA_DREMIO_USERNAME:-}",
        "password": "${SHOPDATA_DREMIO_PASSWORD:-}",
        "source": "minio",
    },
}


def environment(world: World) -> dict[str, str]:
    """The variables that the written shops.yaml refers to, with the passwords that hold at this moment."""
    variables = {}
    for shop in world.shops:
        variables[_variable(shop, "USERNAME")] = shop.username
        variables[_variable(shop, "PASSWORD")] = world.password(shop.id)
    return variables


def write_config(
    folder: Path, world: World, portals: Mapping[str, Mapping[str, Any]], jobs: Sequence[Mapping[str, Any]]
) -> Path:
    """Writes shops, portals, lake and schedule, and copies the datasets' contracts and the recipes. Returns the folder.

    Raises `ModuleNotFoundError` where the package `pipelines_config` can't be imported.
    """
    (folder / "datasets").mkdir(parents=True, exist_ok=True)
    shops = [
        {
            "id": shop.id,
            "name": shop.name,
            "platform": shop.platform,
            "username": f"${{{_variable(shop, 'USERNAME')}}}",
            "password": f"${{{_variable(shop, 'PASSWORD')}}}",
            **({"account_shop": shop.name} if len(world.shops_of(shop.username)) > 1 else {}),
        }
        for shop in world.shops
    ]
    _write(folder / "shops.yaml", {"shops": shops})
    _write(folder / "portals.yaml", {platform: dict(settings) for platform, settings in portals.items()})
    _write(folder / "lake.yaml", LAKE)
    _write(folder / "schedule.yaml", {"timezone": SHANGHAI.key, "jobs": [dict(job) for job in jobs]})
    for name in ("datasets", "recipes"):
        shipped = resources.files("pipelines_config").joinpath(name)
        for file in shipped.iterdir() if shipped.is_dir() else ():
            if file.name.endswith(".yaml"):
                (folder / name).mkdir(exist_ok=True)
                (folder / name / file.name).write_bytes(file.read_bytes())
    return folder


def _variable(shop: SandboxShop, what: str) -> str:
    return f"{shop.id.upper().replace('-', '_')}_{what}"


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(content), allow_unicode=True, sort_keys=False), encoding="utf-8")
