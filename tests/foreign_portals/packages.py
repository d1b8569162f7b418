"""Brings the portals' packages: pretix from PyPI into an environment of its own, Redmine and Redis from Debian."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

#: Redmine recommends a web server that nobody needs here; puma serves it.
_DEBIAN = ("redis-server", "redmine", "redmine-sqlite", "puma")
#: pretix does not say which server it is to run under; its static files are nobody's then.
_PYPI = ("pretix==2026.8.0", "gunicorn", "whitenoise")
#: The package would set up a Redmine of this machine, which nobody asked for.
_NO_INSTANCE = "redmine redmine/instances/default/dbconfig-install boolean false\n"


def bring(folder: Path) -> Path:
    """Installs what is missing; returns the Python in which pretix is."""
    if shutil.which("apt-get") and not (shutil.which("puma") and Path("/usr/share/redmine").is_dir()):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=True, env=quiet)
        subprocess.run(["debconf-set-selections"], input=_NO_INSTANCE.encode(), check=True)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *_DEBIAN],
            check=True, env=quiet, stdout=subprocess.DEVNULL,
        )  # fmt: skip
    venv = folder / "pretix-venv"
    python = venv / "bin" / "python"
    if not (venv / "bin" / "gunicorn").is_file():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *_PYPI], check=True)
    return python
