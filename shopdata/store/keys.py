"""Where things lie in the bucket (docs/reference.md#keys-in-the-bucket).

Keys are made of ids and periods only, never of names or the clock.
"""

from __future__ import annotations

import re

from shopdata.exceptions import ArgumentError

#: Beside the two platforms nothing is fixed here: a new one needs no change in this file.
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_DT = re.compile(r"\d{4}-\d{2}-\d{2}(_\d{4}-\d{2}-\d{2})?")
#: What each part of a key may be: no slash, `..` or display name gets in.
_PARTS = {
    "platform": _NAME,
    "dataset": _NAME,
    "shop_id": _NAME,
    "dt": _DT,
    # A group of shops, and a number where it is several volumes.
    "volume": re.compile(r"[a-z0-9][a-z0-9_-]{0,63}(\.[1-9]\d{0,4})?"),
    "ext": re.compile(r"[a-z0-9]{1,8}"),
    "spider": re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}"),
    "job": re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}"),
    "project": re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}"),
    # As scrapyd writes it into the name of a file.
    "version": re.compile(r"[A-Za-z0-9_-]{1,100}"),
    "sha256": re.compile(r"[0-9a-f]{64}"),
}


def raw_folder(platform: str, dataset: str, dt: str = "") -> str:
    """What the keys of a period's raw files begin with; without a `dt`, those of all periods, up to the label."""
    return f"raw/{platform}/{dataset}/dt=" + (f"{dt}/" if dt else "")


def raw_key(platform: str, dataset: str, dt: str, shop_id: str, ext: str) -> str:
    """The bytes of one cell as received; `ext` without a dot, by content (xlsx, xls, csv, zip, json)."""
    form = raw_folder("{platform}", "{dataset}", "{dt}") + "{shop_id}.{ext}"
    return _key(form, platform=platform, dataset=dataset, dt=dt, shop_id=shop_id, ext=ext)


def workbook_key(platform: str, dataset: str, dt: str) -> str:
    """The merged workbook for people; outside of `ods/`, because Dremio wants one format in a folder."""
    return _key("merged/{platform}/{dataset}/{dataset}_{dt}.xlsx", platform=platform, dataset=dataset, dt=dt)


def volume_prefix(platform: str, dataset: str, dt: str) -> str:
    """What the keys of a workbook's volumes begin with."""
    return f"merged/{platform}/{dataset}/{dataset}_{dt}-"


def volume_key(platform: str, dataset: str, dt: str, volume: str) -> str:
    """One of several workbooks that hold the rows of a large partition; `volume` is `GROUP` or `GROUP.2`."""
    form = volume_prefix("{platform}", "{dataset}", "{dt}") + "{volume}.xlsx"
    return _key(form, platform=platform, dataset=dataset, dt=dt, volume=volume)


def parquet_key(platform: str, dataset: str, dt: str) -> str:
    """The partition: one object under a fixed key, so that replacing a day is one PUT."""
    return _key("ods/{platform}/{dataset}/dt={dt}/{dataset}.parquet", platform=platform, dataset=dataset, dt=dt)


def receipt_key(platform: str, dataset: str, dt: str) -> str:
    """What was published, from what, and what is missing; written last."""
    return _key("receipts/{platform}/{dataset}/dt={dt}.json", platform=platform, dataset=dataset, dt=dt)


def contract_key(platform: str, dataset: str) -> str:
    """A dataset's contract, for whoever reads its partitions."""
    return _key("contracts/{platform}/{dataset}.odcs.yaml", platform=platform, dataset=dataset)


#: What the keys of all copies of logs begin with.
LOGS = "service/logs/"
EGGS = "service/eggs/"


def log_key(spider: str, job: str) -> str:
    """A copy of a crawl's log, packed; where services share a ledger."""
    return _key(LOGS + "{spider}/{job}.log.gz", spider=spider, job=job)


def egg_key(project: str, version: str) -> str:
    """What crawls run from, where services share a ledger."""
    return _key(EGGS + "{project}/{version}.egg", project=project, version=version)


def egg_proof_key(project: str, version: str, sha256: str) -> str:
    """The proof that one of these services has put an egg of this content there."""
    return _key(EGGS + "{project}/{version}.{sha256}.mac", project=project, version=version, sha256=sha256)


def history_key(key: str, sha256: str) -> str:
    """Where what lay under a key is kept once it is replaced, named by what it is; outside of `ods/`, where a partition
    would be read with the others."""
    stem, _, ext = key.rpartition(".")
    return _key(f"history/{stem}.{{sha256}}.{ext}", sha256=sha256)


def shop_and_ext_of(key: str, platform: str, dataset: str, dt: str) -> tuple[str, str] | None:
    """Whose raw file of this dataset and period a key is, and its extension; None for a key that we never make."""
    shop_id, _, ext = key.removeprefix(raw_folder(platform, dataset, dt)).partition(".")
    try:
        is_ours = key == raw_key(platform, dataset, dt, shop_id, ext)
    except ArgumentError:
        return None
    return (shop_id, ext) if is_ours else None


def is_id(text: str) -> bool:
    """True for what can be the id of a shop, or the name of a platform or dataset."""
    return _NAME.fullmatch(text) is not None


def is_volume(text: str) -> bool:
    """True for what a volume of a workbook can be called."""
    return _PARTS["volume"].fullmatch(text) is not None


def is_dt(text: str) -> bool:
    """True for what can stand for a period in a key."""
    return _DT.fullmatch(text) is not None


def _key(form: str, **parts: str) -> str:
    """Fills a form in. Raises ArgumentError for a part that is not what it may be."""
    for name, value in parts.items():
        if not _PARTS[name].fullmatch(value):
            raise ArgumentError(
                f"{name} can't be part of a key in the bucket",
                found=repr(value),
                expected=f"a text like {_PARTS[name].pattern}",
                todo=f"Use the id, not the display name, for {name}.",
            )
    return form.format(**parts)
