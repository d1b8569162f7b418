"""How shops are dealt out to the volumes of a workbook."""

from __future__ import annotations

import pytest

from shopdata.excel.merging.volumes import Split, shares_of

ROWS = {"a": 3, "b": 1, "c": 2, "d": 9, "e": 1, "f": 0}
GROUPS = {"a": "north", "b": "south", "c": "north", "d": "south", "e": "south"}


def dealt(at_most: int, groups: dict[str, str] | None = GROUPS, rest: str = "ungrouped") -> dict[str, str]:
    shares = shares_of(list(ROWS), list(ROWS.values()), Split(at_most, groups, rest=rest))
    return {share.name: "".join(list(ROWS)[place] for place in share.places) for share in shares}


@pytest.mark.parametrize(
    ("at_most", "expected"),
    [
        (100, {"north": "ac", "south": "bde", "ungrouped": "f"}),
        (5, {"north": "ac", "south.1": "b", "south.2": "d", "south.3": "e", "ungrouped": "f"}),
        (4, {"north.1": "a", "north.2": "c", "south.1": "b", "south.2": "d", "south.3": "e", "ungrouped": "f"}),
    ],
)
def test_a_group_is_one_volume_or_several_of_whole_shops(at_most: int, expected: dict[str, str]) -> None:
    assert dealt(at_most) == expected


def test_without_groups_volumes_are_numbered() -> None:
    assert dealt(6, {}, rest="") == {"1": "abc", "2": "d", "3": "ef"}
    assert dealt(100, {}, rest="") == {"1": "abcdef"}


def test_rows_may_stand_in_no_workbook() -> None:
    assert dealt(5, None) == {}
