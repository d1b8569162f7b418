"""Each fact that a probe can find has its sentences, and no sentence is of a fact that none finds."""

from __future__ import annotations

import ast
from pathlib import Path

from shopdata import doctor
from shopdata.doctor.findings import Verdict
from shopdata.wording.texts import catalogue

FOLDER = Path(doctor.__file__).parent
#: Which sentences a fact needs that is found so; those after the first are taken where the first is missing.
NEEDED = {
    "holds": [("holds",)],
    "differs": [("expected",), ("found",)],
    "note": [("note", "holds")],
    "unseen": [("unseen", "holds")],
    "skipped": [("skipped",)],
}
#: What stands beside the facts.
FRAME = {
    *("shop", "fact", "of", "expected", "found", "change", "or", "no_key", "fixture", "to", "differs", "connections"),
    *("stopped.no_session", "stopped.ended", "stopped.left_alone", "well", "ill", "saved", "may_order", "-"),
    *(f"D{number}" for number in range(1, 20)),
}


def verdicts_of(function: ast.expr) -> set[str]:
    """How a fact is found that a call tells: `differs(…)`, or `(holds if … else note)(…)`."""
    names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    # Chosen the line before.
    return {"differs"} if names == {"fact"} else names & NEEDED.keys()


def facts() -> set[tuple[str, str]]:
    found = set()
    for path in FOLDER.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call) or not call.args or not isinstance(call.func, ast.Name | ast.IfExp):
                continue
            first = call.args[1] if ast.unparse(call.func) == "Finding" and len(call.args) > 2 else call.args[0]
            if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
                continue
            if ast.unparse(call.func) == "Finding":
                found.add((first.value, "skipped"))
            found |= {(first.value, verdict) for verdict in verdicts_of(call.func)}
    return found


def test_each_fact_has_its_sentences() -> None:
    told = catalogue("en")
    assert {verdict for _, verdict in facts()} == {verdict.value for verdict in Verdict}
    assert [
        f"{fact} {verdict}"
        for fact, verdict in facts()
        for parts in NEEDED[verdict]
        if not any(f"doctor.{fact}.{part}" in told for part in parts)
    ] == []


def test_each_sentence_is_of_a_fact() -> None:
    known = {fact for fact, _ in facts()}
    keys = {key.removeprefix("doctor.") for key in catalogue("en") if key.startswith("doctor.")}
    assert {key for key in keys - FRAME if key.rpartition(".")[0] not in known} == set()
    assert FRAME - keys == set()
