"""Sessions and devices get another key: what one person has encrypted, stays readable when the key is changed."""

from __future__ import annotations

from pathlib import Path

from shopdata.files import alone, as_disk_error, write_private
from shopdata.sessions.secret_files import UnreadableError, is_sealed, new_salt, seal, unseal


def rekey_files(folder: Path, old_key: str, key: str) -> int:
    """Encrypts with `key` what was encrypted with `old_key`; may be done again, and leaves what is of a third key.

    Returns:
        how many files it was.

    Raises:
        DiskError: the folder can't be written, or another process does not let go of a file.
    """
    salt, count = new_salt(), 0
    for path in sorted([*folder.glob("*.session"), *folder.glob("*.device")]):
        with alone(path.with_suffix(".writing")), as_disk_error(path):
            content = path.read_bytes() if path.is_file() else b""
            if is_sealed(content) and not _opens(content, key) and _opens(content, old_key):
                write_private(path, seal(unseal(content, old_key), key, salt))
                count += 1
    return count


def _opens(content: bytes, key: str) -> bool:
    try:
        unseal(content, key)
    except UnreadableError:
        return False
    return True
