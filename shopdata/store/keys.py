"""Where things lie in the bucket (docs/reference.md#keys-in-the-bucket).

Keys are made of ids and periods only, never of names or the clock.
"""

from __future__ import annotations

import re

from shopdata.exceptions import ArgumentError

#: Beside the two platforms nothing is fixed here: a new one needs no change in this file.
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_DT = re.compile(r"\d{4}-\d{2}-\d{2}(_\d{4}-\d{2}-\d{2})?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_EXT = re.compile(r"[a-z0-9]{1,8}")


def raw_key(platform: str, dataset: str, dt: str, shop_id: str, ext: str) -> str:
    """The bytes of one cell as received; `ext` without a dot, by content (xlsx, xls, csv, zip, json)."""
    _check(_NAME, platform=platform, dataset=dataset, shop_id=shop_id)
    _check(_DT, dt=dt)
    _check(_EXT, ext=ext)
    return f"raw/{platform}/{dataset}/dt={dt}/{shop_id}.{ext}"


def workbook_key(platform: str, dataset: str, dt: str) -> str:
    """The merged workbook for people; outside of `ods/`, because Dremio wants one format in a folder."""
    _check(_NAME, platform=platform, dataset=dataset)
    _check(_DT, dt=dt)
    return f"merged/{platform}/{dataset}/{dataset}_{dt}.xlsx"


def parquet_key(platform: str, dataset: str, dt: str) -> str:
    """The partition: one object under a fixed key, so that replacing a day is one PUT."""
    _check(_NAME, platform=platform, dataset=dataset)
    _check(_DT, dt=dt)
    return f"ods/{platform}/{dataset}/dt={dt}/{dataset}.parquet"


def receipt_key(platform: str, dataset: str, dt: str) -> str:
    """What was published, from what, and what is missing; written last."""
    _check(_NAME, platform=platform, dataset=dataset)
    _check(_DT, dt=dt)
    return f"receipts/{platform}/{dataset}/dt={dt}.json"


def history_raw_key(platform: str, dataset: str, dt: str, shop_id: str, ext: str, sha256: str) -> str:
    """Where the bytes of a cell are kept that were replaced by others; named by what they are."""
    _check(_SHA256, sha256=sha256)
    key = raw_key(platform, dataset, dt, shop_id, ext)
    return f"history/{key.removesuffix(f'.{ext}')}.{sha256}.{ext}"


def history_receipt_key(platform: str, dataset: str, dt: str, sha256: str) -> str:
    """Where what lay under a receipt's key is kept, if it could not be believed and was replaced."""
    _check(_SHA256, sha256=sha256)
    return f"history/{receipt_key(platform, dataset, dt).removesuffix('.json')}.{sha256}.json"


def history_parquet_key(platform: str, dataset: str, dt: str, sha256: str) -> str:
    """Where a partition is kept that was replaced because a platform revised its figures; outside of `ods/`, where it
    would be read with the others."""
    _check(_SHA256, sha256=sha256)
    return f"history/{parquet_key(platform, dataset, dt).removesuffix('.parquet')}.{sha256}.parquet"


def shop_and_ext_of(key: str, platform: str, dataset: str, dt: str) -> tuple[str, str] | None:
    """Whose raw file of this dataset and period a key is, and its extension; None for a key that we never make."""
    shop_id, _, ext = key.removeprefix(f"raw/{platform}/{dataset}/dt={dt}/").partition(".")
    try:
        is_ours = key == raw_key(platform, dataset, dt, shop_id, ext)
    except ArgumentError:
        return None
    return (shop_id, ext) if is_ours else None


def is_id(text: str) -> bool:
    """True for what can be the id of a shop, or the name of a platform or dataset."""
    return _NAME.fullmatch(text) is not None


def is_dt(text: str) -> bool:
    """True for what can stand for a period in a key."""
    return _DT.fullmatch(text) is not None


def _check(pattern: re.Pattern[str], **parts: str) -> None:
    """Keeps a slash, `..` or a display name out of a key.

    Raises:
        ArgumentError: a part is not what the pattern allows.
    """
    for name, value in parts.items():
        if not pattern.fullmatch(value):
            raise ArgumentError(
                f"{name} can't be part of a key in the bucket",
                found=repr(value),
                expected=f"a text like {pattern.pattern}",
                todo=f"Use the id, not the display name, for {name}.",
            )
