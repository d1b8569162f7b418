"""Numbered shops of a platform, with Chinese names and passwords that are obvious fakes."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.world import SandboxShop


def numbered_shops(
    platform: str,
    count: int,
    *,
    id_prefix: str,
    password_prefix: str,
    names: Sequence[str],
    spare_name: str,
    of_a_login: int = 1,
) -> tuple[SandboxShop, ...]:
    """`prefix-01`, `prefix-02`, …; shops beyond the given names are called by `spare_name`, with their number in it.

    So many in a row have the user name of the first of them.
    """
    firsts = [(number - 1) // of_a_login * of_a_login + 1 for number in range(1, count + 1)]
    return tuple(
        SandboxShop(
            id=f"{id_prefix}-{number:02d}",
            name=names[number - 1] if number <= len(names) else spare_name.format(number),
            platform=platform,
            username=f"sandbox-{platform}-{first:02d}",
            first_password=f"{password_prefix}-{first:02d}",
            number=number,
        )
        for number, first in enumerate(firsts, 1)
    )
