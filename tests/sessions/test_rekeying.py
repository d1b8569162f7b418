"""Sessions and devices get another key; what is of a third key, or of none, stays as it is."""

from __future__ import annotations

from pathlib import Path

from shopdata.sessions.places import FilePlace
from shopdata.sessions.rekeying import rekey_files


def test_what_the_old_key_opens_the_new_one_opens(tmp_path: Path) -> None:
    for name, key in (
        ("jd_a.session", "old"),
        ("jd_a.device", "old"),
        ("jd_b.session", "third"),
        ("jd_c.session", None),
    ):
        FilePlace(tmp_path, key).write(name, str(key).encode())
    plain = (tmp_path / "jd_c.session").read_bytes()
    assert rekey_files(tmp_path, "wrong", "new") == 0
    assert rekey_files(tmp_path, "old", "new") == 2
    assert rekey_files(tmp_path, "old", "new") == 0, "it may be done again"
    for name in ("jd_a.session", "jd_a.device"):
        assert FilePlace(tmp_path, "new").read(name) == b"old"
    assert FilePlace(tmp_path, "third").read("jd_b.session") == b"third"
    assert (tmp_path / "jd_c.session").read_bytes() == plain
