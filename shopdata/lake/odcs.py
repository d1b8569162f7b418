"""A dataset's contract in the form that catalogues and other tools read: Open Data Contract Standard v3.1."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import yaml

from shopdata.config import Dataset
from shopdata.store.keys import parquet_key

#: Whatever checks hold against the past has no place in the standard: it is told in words.
_OWN_ENGINE = "shopdata"
_ANY_DAY = "2000-01-01"


def open_contract(name: str, dataset: Dataset, bucket: str) -> dict[str, Any]:
    """The contract as JSON values, in the standard's order."""
    partitions = parquet_key(dataset.platform, name, _ANY_DAY).replace(_ANY_DAY, "*")
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": f"shopdata.{dataset.platform}.{name}",
        "name": name,
        "version": f"1.0.0+{_sum_of(dataset)}",
        "status": "active",
        "description": {"purpose": dataset.title},
        "servers": [
            {
                "server": "lake",
                "type": "s3",
                "location": f"s3://{bucket}/{partitions}",
                "format": "parquet",
            }
        ],
        "schema": [
            {
                "name": name,
                "logicalType": "object",
                "physicalType": "table",
                "properties": [_shop_column(), *(_column(column, dataset) for column in dataset.columns)],
                "quality": [*_keys(dataset), *_of_the_past(dataset)],
            }
        ],
        "slaProperties": [
            {"property": "latency", "value": dataset.lag_days, "unit": "d"},
            {"property": "timeOfAvailability", "value": dataset.not_ready.deadline, "element": name},
        ],
        "customProperties": [
            {"property": "platform", "value": str(dataset.platform)},
            {"property": "period", "value": dataset.period},
            {"property": "privacy", "value": dataset.privacy},
        ],
    }


def as_text(contract: Mapping[str, Any]) -> str:
    """The contract as the YAML that people and catalogues read."""
    return yaml.safe_dump(dict(contract), allow_unicode=True, sort_keys=False, width=120)


def _sum_of(dataset: Dataset) -> str:
    """Another one for each change of the contract; versions that differ in it only are alike in order."""
    return hashlib.sha256(dataset.model_dump_json().encode()).hexdigest()[:12]


def _shop_column() -> dict[str, Any]:
    return {"name": "shop", "logicalType": "string", "physicalType": "VARCHAR", "required": True}


def _column(name: str, dataset: Dataset) -> dict[str, Any]:
    checks = dataset.checks
    column: dict[str, Any] = {"name": name, "logicalType": "string", "physicalType": "VARCHAR"}
    filled = dataset.keys if checks.not_null.columns is None else checks.not_null.columns
    column["required"] = checks.not_null.action != "off" and name in filled
    if name in dataset.keys:
        column["primaryKey"], column["primaryKeyPosition"] = True, dataset.keys.index(name) + 1
    if (pattern := checks.pattern.columns.get(name)) is not None:
        column["logicalTypeOptions"] = {"pattern": pattern}
    quality = [*_blanks(name, is_required=column["required"]), *_range(name, dataset)]
    if quality:
        column["quality"] = quality
    if aliases := dataset.aliases.get(name):
        column["customProperties"] = [{"property": "aliases", "value": list(aliases)}]
    return column


def _blanks(name: str, *, is_required: bool) -> list[dict[str, Any]]:
    return [{"type": "library", "metric": "nullValues", "mustBe": 0, "unit": "rows"}] if is_required else []


def _range(name: str, dataset: Dataset) -> list[dict[str, Any]]:
    """All columns are text in the lake: a range is a query that counts what lies outside."""
    bounds = dataset.checks.range.columns.get(name)
    if bounds is None:
        return []
    column = '"' + name.replace('"', '""') + '"'
    number = f"TRY_CAST(REPLACE({column}, ',', '') AS DOUBLE)"
    outside = [f"{number} IS NULL"]
    outside += [f"{number} < {bounds.min:g}"] if bounds.min is not None else []
    outside += [f"{number} > {bounds.max:g}"] if bounds.max is not None else []
    # Nobody runs it here: it is told to who reads the contract.
    query = f"SELECT COUNT(*) FROM {{object}} WHERE {column} IS NOT NULL AND ({' OR '.join(outside)})"  # noqa: S608
    return [{"type": "sql", "query": query, "mustBe": 0}]


def _keys(dataset: Dataset) -> list[dict[str, Any]]:
    if not dataset.keys or dataset.checks.keys.action == "off":
        return []
    # Two shops may sell one article.
    arguments = {"properties": ["shop", *dataset.keys]}
    return [{"type": "library", "metric": "duplicateValues", "arguments": arguments, "mustBe": 0, "unit": "rows"}]


def _of_the_past(dataset: Dataset) -> list[dict[str, Any]]:
    checks = dataset.checks
    rows, zero, same, filled = checks.rows, checks.zero, checks.same_file, checks.filled
    told = [
        ("rows", rows.action, f"Not {rows.drop:.0%} fewer rows than the shop's own weekdays and last days have"),
        ("zero", zero.action, "Not empty for a shop that had rows on each of the last days"),
        ("same_file", same.action, "Not the rows of the period before"),
        ("filled", filled.action, f"No column that was always filled is so in {filled.drop:.0%} fewer rows"),
    ]
    return [_custom(check, action, text) for check, action, text in told if action != "off"]


def _custom(check: str, action: str, text: str) -> dict[str, Any]:
    implementation: Mapping[str, str] = {"check": check, "action": action}
    return {"type": "custom", "engine": _OWN_ENGINE, "description": text, "implementation": dict(implementation)}
