"""Tells Chromium of the company's authorities: on Linux it believes those of an NSS database in the home directory, and
not those that were added to the system.

On Windows and macOS it believes the system's store, where companies put theirs.
"""

from __future__ import annotations

import importlib.resources
import logging
import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

from shopdata.network import Network

logger = logging.getLogger(__name__)

_DATABASE = Path(".pki", "nssdb")
_SECONDS = 30


def home_believing(network: Network, folder: Path) -> dict[str, str | float | bool]:
    """Makes a home directory for a browser that believes the company's authorities too.

    Args:
        folder: where it is made; whoever owns it removes it.

    Returns:
        the variables to start Chromium with; none where nothing is to be told.
    """
    if not network.company_authorities or not sys.platform.startswith("linux"):
        return {}
    home, usual = folder / "home", Path(os.environ.get("HOME") or Path.home())
    database = home / _DATABASE
    try:
        if not database.is_dir():
            database.parent.mkdir(parents=True, exist_ok=True)
            if (usual / _DATABASE).is_dir():
                # Whom a person has told it to believe.
                shutil.copytree(usual / _DATABASE, database)
            database.mkdir(exist_ok=True)
            _add(network.company_authorities, database)
    except (OSError, subprocess.SubprocessError) as error:
        logger.warning(
            "The browser could not be told of the company's authorities (%s); tell it by hand with certutil, as "
            "docs/operate.md says (In a company network)",
            str(error).splitlines()[-1] if str(error) else type(error).__name__,
        )
        shutil.rmtree(home, ignore_errors=True)
        return {}
    # Fonts and their caches stay where they are.
    kept = {"XDG_DATA_HOME": usual / ".local" / "share", "XDG_CACHE_HOME": usual / ".cache"}
    return {"HOME": str(home), **{name: os.environ.get(name) or str(path) for name, path in kept.items()}}


def _add(authorities: tuple[bytes, ...], database: Path) -> None:
    file = database.parent / "authorities.pem"
    file.write_text("".join(map(ssl.DER_cert_to_PEM_cert, authorities)), "ascii")
    # By its text: inside an egg it is no file.
    program = importlib.resources.files(__package__ or "").joinpath("nss_database.py").read_text("utf-8")
    made = subprocess.run(  # noqa: S603 - our own text
        [sys.executable, "-I", "-c", program, str(database), str(file)],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if made.returncode:
        raise OSError(made.stderr.strip() or f"NSS ended with {made.returncode}")
