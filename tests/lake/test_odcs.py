"""A contract as other tools read it says what ours says, and no more."""

from __future__ import annotations

from typing import Any

import shipped_config

from shopdata.lake.odcs import open_contract


def contract_of(name: str, **checks: Any) -> dict[str, Any]:
    config = shipped_config.load_shipped_config()
    dataset = config.dataset(name)
    written = dataset.model_dump() | ({"checks": checks} if checks else {})
    changed = type(dataset).model_validate(written)
    return open_contract(name, changed, config.lake)


def test_columns_keys_and_when_it_is_there() -> None:
    contract = contract_of("jd_store")
    assert (contract["apiVersion"], contract["kind"], contract["id"]) == (
        "v3.1.0",
        "DataContract",
        "shopdata.jd.jd_store",
    )
    (table,) = contract["schema"]
    columns = {column["name"]: column for column in table["properties"]}
    assert list(columns)[:3] == ["shop", "时间", "商品名称"]
    assert len(columns) == 113
    assert columns["SKU"]["primaryKeyPosition"] == 1
    assert columns["可用库存"]["customProperties"] == [{"property": "aliases", "value": ["全国可用库存"]}]
    assert table["quality"][0]["arguments"] == {"properties": ["shop", "SKU", "RDC", "配送中心"]}
    own = {check["implementation"]["check"] for check in table["quality"][1:]}
    assert own == {"rows", "zero", "same_file", "filled"}
    assert contract["servers"][0]["location"].endswith("/ods/jd/jd_store/dt=*/jd_store.parquet")
    assert contract["slaProperties"][0] == {"property": "latency", "value": 1, "unit": "d"}


def test_patterns_and_ranges_where_they_are_written() -> None:
    written = {"pattern": {"SKU": r"^\d+$"}, "range": {"可用库存": {"min": 0}}, "zero": {"action": False}}
    (table,) = contract_of("jd_store", **written)["schema"]
    columns = {column["name"]: column for column in table["properties"]}
    assert columns["SKU"]["logicalTypeOptions"] == {"pattern": r"^\d+$"}
    (query,) = columns["可用库存"]["quality"]
    assert query["mustBe"] == 0
    assert "< 0" in query["query"]
    assert "zero" not in {check.get("implementation", {}).get("check") for check in table["quality"]}
