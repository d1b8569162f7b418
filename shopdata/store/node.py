"""What a state directory is called where several machines share a ledger."""

from __future__ import annotations

import secrets
import socket
from pathlib import Path

from shopdata.files import alone, as_disk_error, write_durably


def node_of(state_dir: Path) -> str:
    """The machine's name, and some letters that are the directory's own: who begins with an empty one is another node.

    Raises:
        DiskError: they can't be kept there.
    """
    path = state_dir / "node"
    with as_disk_error(path):
        if not path.is_file():
            with alone(path.with_suffix(".lock")):
                if not path.is_file():
                    write_durably(path, secrets.token_hex(4).encode())
        own = path.read_text("ascii").strip()[:8]
    return f"{socket.gethostname()[:80]}-{own}"
