"""Numbered shops of a platform, with Chinese names and passwords that are obvious fakes."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.world import SandboxShop


def numbered_shops(
    platform: str, count: int, *, id_prefix: str, password_prefix: str, names: Sequence[str], spare_name: str
) -> tuple[SandboxShop, ...]:
    """`prefix-01`, `prefix-02`, …; shops beyond the given names are called by `spare_name`, with their number in it."""
    return tuple(
        SandboxShop(
            id=f"{id_prefix}-{number:02d}",
            name=names[number - 1] if number <= len(names) else spare_name.format(number),
            platform=platform,
            username=f"sandbox-{platform}-{number:02d}",
            first_password=f"{password_prefix}-{number:02d}",
            number=number,
        )
        for number in range(1, count + 1)
    )
