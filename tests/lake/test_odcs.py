"""A contract as other tools read it says what ours says, and no more."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest
import shipped_config
import yaml
from jsonschema import Draft201909Validator

from shopdata.lake.odcs import as_text, open_contract

#: What the standard's own people publish: the schema of v3.1.0, as the package of its models brings it along.
SCHEMA = json.loads((resources.files("open_data_contract_standard") / "schema.json").read_text("utf-8"))
#: All that a contract of ours can say.
EVERYTHING: dict[str, Any] = {
    "rows": {"drop": 0.7, "rise": 1.9, "action": "hold"},
    "filled": {"columns": "required"},
    "not_null": {"columns": ["SKU", "商品名称"]},
    "pattern": {"SKU": r"^\d+$", "商品名称": '^[^"]+$'},
    "range": {"可用库存": {"min": 0}, "SKU": {"min": -1.5, "max": 1e9}},
}


def contract_of(name: str, **checks: Any) -> dict[str, Any]:
    config = shipped_config.load_shipped_config()
    dataset = config.dataset(name)
    written = dataset.model_dump() | ({"checks": checks} if checks else {})
    changed = type(dataset).model_validate(written)
    return open_contract(name, changed, config.lake.object_store.bucket)


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


@pytest.mark.parametrize("name", sorted(shipped_config.load_shipped_config().datasets))
def test_it_is_what_the_standard_allows(name: str) -> None:
    read = yaml.safe_load(as_text(contract_of(name)))
    assert read["apiVersion"] in SCHEMA["properties"]["apiVersion"]["enum"]
    assert [error.message for error in Draft201909Validator(SCHEMA).iter_errors(read)] == []


def test_all_that_can_be_said_is_allowed_and_what_is_not_is_noticed() -> None:
    validator = Draft201909Validator(SCHEMA)
    read = yaml.safe_load(as_text(contract_of("jd_store", **EVERYTHING)))
    assert [error.message for error in validator.iter_errors(read)] == []
    read["schema"][0]["quality"][0]["metric"] = "rows"
    read["slaProperties"][0]["days"] = 1
    assert {error.absolute_path[0] for error in validator.iter_errors(read)} == {"schema", "slaProperties"}


def test_equal_contracts_are_equal_texts_and_a_change_is_another_version() -> None:
    before, after = contract_of("jd_store"), contract_of("jd_store", **EVERYTHING)
    assert as_text(before) == as_text(contract_of("jd_store"))
    assert before["version"] != after["version"]
