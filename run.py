"""Sets everything up on a fresh machine and runs it. Standard library only.

python run.py demo      sandbox portals, a real object store, every dataset: see what is published
python run.py test      all tests
python run.py sandbox   keeps the sandbox portals and an object store up, and prints how to use them
python run.py service   start, stop, restart, status or log of the scheduler in the background; reads .env
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
#: What each command needs; whoever only operates the service installs nothing for demo and tests.
REQUIREMENTS = {
    "demo": ("requirements.txt", "requirements-demo.txt"),
    "test": ("requirements.txt", "requirements-demo.txt", "requirements-dev.txt"),
    "sandbox": ("requirements.txt", "requirements-demo.txt"),
    "service": ("requirements.txt",),
}
COMMANDS = {
    "demo": ("-m", "sandbox.demo"),
    # More than two workers for a core: crawls and browsers wait a lot. The tests of a file share their sandbox, so they
    # stay together. Files come as tests/conftest.py sorts them, not those with most tests first: these are quick.
    "test": (
        *("-m", "pytest", "--everything", "-n", str(2 * (os.cpu_count() or 1) + 1)),
        *("--dist", "loadfile", "--no-loadscope-reorder"),
    ),
    "sandbox": ("-m", "scrapy", "sandbox", "--lake"),
    "service": ("-m", "scrapy", "service"),
}


def main() -> int:
    """Runs one command in the project's own virtual environment; its exit code is ours."""
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        print(__doc__)
        return 0 if sys.argv[1:] in (["-h"], ["--help"]) else 2
    if sys.version_info < (3, 11):  # noqa: UP036 - this file must run on any Python to say so
        return fail(f"Python {sys.version.split()[0]} is too old: 3.11 or newer is needed.")
    os.chdir(HERE)
    if sys.argv[1] == "test":
        # Hundreds of processes would compile the whole project, each for itself.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        set_up(REQUIREMENTS[sys.argv[1]])
    except subprocess.CalledProcessError as error:
        return fail(f"setting up failed: `{' '.join(map(str, error.cmd))}` ended with exit code {error.returncode}.")
    except KeyboardInterrupt:
        return 130
    return replace_by([str(PYTHON), *COMMANDS[sys.argv[1]], *sys.argv[2:]])


def set_up(files: tuple[str, ...]) -> None:
    """Virtual environment, requirements and browser; done at once when nothing has changed since the last time."""
    if not PYTHON.is_file() or not all(map(is_installed, files)):
        # Only where there is none: a crawl or the service may be running out of it.
        if not runs(PYTHON):
            make_venv()
        missing = [name for name in files if not is_installed(name)]
        say("installing requirements (a minute or two, once)")
        # The files name every package that there is to install, and the hash of each.
        pip("--no-deps", "--require-hashes", *(part for name in missing for part in ("-r", name)))
        for name in missing:
            stamp(name).write_text(fingerprint(name))
    if not has_browser():
        install_browser()


def is_installed(name: str) -> bool:
    """True if these requirements, as they are now, have been installed for this Python."""
    return stamp(name).is_file() and stamp(name).read_text() == fingerprint(name)


def stamp(name: str) -> Path:
    """Where it is noted which state of a file of requirements has been installed."""
    return VENV / f"{name}.sha256"


def fingerprint(name: str) -> str:
    """This state of a file of requirements, for this Python."""
    return hashlib.sha256(sys.version.encode() + (HERE / name).read_bytes()).hexdigest()


def runs(python: Path) -> bool:
    """True for an interpreter that is there, starts, is of our version and has pip."""
    ask = f"import pip, sys; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"
    return python.is_file() and subprocess.run([python, "-c", ask], capture_output=True, check=False).returncode == 0


def make_venv() -> None:
    """Creates `.venv`; Debian keeps the module for it in a package of its own."""
    create = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if subprocess.run(create, capture_output=True, check=False).returncode == 0:
        return
    if can_use_apt():
        say("installing python3-venv")
        apt_install("python3-venv", f"python3.{sys.version_info.minor}-venv")
    subprocess.run(create, check=True)


def pip(*arguments: str) -> None:
    """Installs into `.venv`, quietly; what goes wrong is shown."""
    subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments], check=True)


def has_browser() -> bool:
    """Asks the project itself, so that there is one answer to what counts as a browser."""
    ask = [PYTHON, "-m", "shopdata.browser.chromium", *filter(None, [os.environ.get("SHOPDATA_BROWSER_PATH")])]
    return subprocess.run(ask, capture_output=True, check=False).returncode == 0


def install_browser() -> None:
    """Playwright's own Chromium, or Debian's where that can't be downloaded."""
    say("installing Chromium (once)")
    own = subprocess.run([PYTHON, "-m", "playwright", "install", "chromium"], capture_output=True, check=False)
    if own.returncode != 0 and can_use_apt():
        apt_install("chromium")
    if not has_browser():
        # Not the end: a run with saved sessions needs none, and the program says what to do when it does.
        say("no Chromium could be installed. Install one, or set SHOPDATA_BROWSER_PATH to an existing one.")
    if sys.platform.startswith("linux") and not has_chinese_font():
        install_font()


def has_chinese_font() -> bool:
    """Asks fontconfig, which Chromium asks, too."""
    fc_list = shutil.which("fc-list")
    if fc_list is None:
        return False
    return bool(subprocess.run([fc_list, ":lang=zh", "family"], capture_output=True, check=False).stdout.strip())


def install_font() -> None:
    """Without one, the portals' pages and the pictures of them show boxes in place of words."""
    if can_use_apt():
        say("installing a Chinese font (once)")
        apt_install("fonts-wqy-zenhei", "fonts-noto-cjk")
    if not has_chinese_font():
        say(
            "no Chinese font is installed, and login pages will show boxes: install fonts-wqy-zenhei, as Debian has it."
        )


def can_use_apt() -> bool:
    """True as root on Debian and its relatives."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(*packages: str) -> None:
    """Installs the first of these packages that there is."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=environment, capture_output=True, check=False)
    for package in packages:
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
        if subprocess.run(install, env=environment, capture_output=True, check=False).returncode == 0:
            return


def replace_by(command: list[str]) -> int:
    """Becomes the command, so that signals reach it and nothing stands between; on Windows, waits for it."""
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(command[0], command)
    process = subprocess.Popen(command)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # the console has told the command too; it ends by itself


def say(text: str) -> None:
    """One line of progress."""
    print(f"run.py: {text}", file=sys.stderr, flush=True)


def fail(text: str) -> int:
    """One sentence and exit code 1."""
    say(text)
    return 1


if __name__ == "__main__":
    sys.exit(main())
