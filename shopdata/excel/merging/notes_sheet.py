"""What the sheet 说明 of a merged workbook says: where its rows come from, and what is missing or odd."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shopdata.excel.merging.merged import Merged, Part
from shopdata.excel.merging.volumes import Share, Split
from shopdata.excel.tables import Finding
from shopdata.excel.workbook import NOTES_SHEET


@dataclass(frozen=True)
class About:
    """What is to be said besides what the merge finds: as `merge_tables` takes it."""

    notes: Sequence[tuple[str, str]]
    missing: Sequence[tuple[str, str]]
    remarks: Sequence[tuple[str, Finding]]


def of_all(merged: Merged, parts: Sequence[Part], about: About) -> list[list[str]]:
    """Of a workbook that holds all rows."""
    return [
        *_head(about, len(parts), merged.rows),
        [],
        ["店铺"],
        *([part.shop_name, part.shop_id, str(merged.rows_by_shop[part.shop_id])] for part in parts),
        *_end(merged, parts, about, about.missing),
    ]


def of_overview(merged: Merged, parts: Sequence[Part], about: About, split: Split) -> list[list[str]]:
    """Of a workbook whose rows stand elsewhere: where each shop's are. It names its volumes by their sums, so that it
    is another one whenever one of them is."""
    where = {shop: volume for volume in merged.volumes for shop in volume.shop_ids}
    rows = _head(about, len(parts), merged.rows)
    if split.everything:
        rows.append(["全部数据", split.everything])
    limit = f"共 {merged.rows:,} 行，超过每个工作簿 {split.at_most_rows:,} 行的上限"
    if merged.volumes:
        rows += [["分册", f"{limit}，数据在下列分册里，与本文件在同一目录"], [], ["分册"]]
        for volume in merged.volumes:
            sums = f"{volume.path.name}\nSHA-256 {volume.sha256}"
            rows.append([volume.name, f"{len(volume.shop_ids)} 家店铺", str(volume.rows), sums])
    else:
        rows.append(["工作簿", f"{limit}，不写入工作簿"])
    rows += [[], ["店铺"]]
    for part in parts:
        told = [part.shop_name, part.shop_id, str(merged.rows_by_shop[part.shop_id])]
        rows.append([*told, where[part.shop_id].path.name] if part.shop_id in where else told)
    return [*rows, *_end(merged, parts, about, about.missing)]


def of_volume(
    merged: Merged, parts: Sequence[Part], about: About, share: Share, split: Split, overview: str, count: int
) -> list[list[str]]:
    """Of one of `count` volumes: of its own shops, and of those of its group that are missing."""
    own = [parts[place] for place in share.places]
    missing = [(shop, reason) for shop, reason in about.missing if split.group_of(shop) == share.group]
    return [
        *_head(about, len(own), sum(merged.rows_by_shop[part.shop_id] for part in own)),
        ["分册", f"{share.name}（共 {count} 册，总览见 {overview}）"],
        [],
        ["店铺"],
        *([part.shop_name, part.shop_id, str(merged.rows_by_shop[part.shop_id])] for part in own),
        *_end(merged, own, about, missing),
    ]


def _head(about: About, shops: int, rows: int) -> list[list[str]]:
    return [
        [NOTES_SHEET],
        *([label, text] for label, text in about.notes),
        ["店铺数", str(shops)],
        ["行数", str(rows)],
    ]


def _end(
    merged: Merged, parts: Sequence[Part], about: About, missing: Sequence[tuple[str, str]]
) -> Iterator[list[str]]:
    """Shops that are missing, and what was found in the files of those that are there."""
    if missing:
        yield from ([], ["缺失店铺"], *([shop, reason] for shop, reason in missing))
    names = {part.shop_id: part.shop_name for part in parts}
    for title, entries in (("存疑", about.remarks), ("警告", merged.warnings), ("列变化", merged.drift)):
        own = [(shop, entry) for shop, entry in entries if shop in names]
        if own:
            yield from ([], [title])
            yield from ([names[shop], e.column, str(e.count or ""), e.text] for shop, e in own)
