"""What the buttons do, as acts: which fields of a form tell it. No other field is kept."""

from __future__ import annotations

from collections.abc import Mapping

from shopdata.ledger.acts import Act
from shopdata.service.board.visit import Visit
from shopdata.texts import one_line

#: By action: the field that names what it was done to, then those that are kept besides.
NOTED: Mapping[str, tuple[str, ...]] = {
    "run-now": ("job",),
    "pause": ("job",),
    "resume": ("job",),
    "collect": ("dataset", "dt", "shop", "force"),
    "accept": ("dataset", "dt", "shop"),
    "cancel": ("run",),
    "sign-in": ("shop",),
    "record": ("name", "shop"),
    "record-compare": ("name", "day"),
    "shop-add": ("name", "id", "platform"),
    "shop-edit": ("shop", "name"),
    "shop-enable": ("shop",),
    "shop-disable": ("shop",),
    "shop-rename": ("shop", "new"),
    "shop-remove": ("shop",),
    "shops-enter": (),
    "user-add": ("name", "role"),
    "user-role": ("name", "role"),
    "user-password": ("name",),
    "user-remove": ("name",),
}
_LONGEST = 200


def act_of(visit: Visit) -> Act | None:
    """What a button has done; None for one whose acts are noted elsewhere."""
    action = visit.path[-1]
    if action == "sign-in-act":
        # What a hand does on a portal's page is no matter of ours; who has it is.
        is_taken = visit.form.get("what") == "take_over"
        return _act(visit, "sign_in_taken", ("shop",)) if is_taken else None
    if action == "record-act":
        # Of these, what is written is; the rest is of the portal's page.
        code = {"take_over": "record_taken", "write": "record_written"}.get(visit.form.get("what", ""))
        return _act(visit, code, ("name",)) if code else None
    return _act(visit, action.replace("-", "_"), NOTED[action]) if action in NOTED else None


def _act(visit: Visit, code: str, fields: tuple[str, ...]) -> Act:
    given = {name: one_line(visit.form[name], _LONGEST) for name in fields if visit.form.get(name)}
    target = given.pop(fields[0], "") if fields else ""
    return Act(user=visit.user, code=code, via="board", target=target, address=visit.address, params=given)
