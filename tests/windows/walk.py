"""The whole walk over Windows: `python tests/windows/walk.py`. The quick tests, then the steps of `test_walk.py`.

In the code page that the machine has, unless PYTHONUTF8=1 says otherwise. Needs what `requirements*.txt` name, and no
browser. What is given behind it goes to pytest, in both parts.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
PARTS = {
    "quick tests": ("-m", "not browser and not services and not soak", "--ignore", "tests/windows", "tests"),
    "the steps": ("tests/windows",),
}


def main() -> int:
    """0 if both parts have passed."""
    codes = {}
    for name, arguments in PARTS.items():
        command = [sys.executable, "-m", "pytest", "-q", *arguments, *sys.argv[1:]]
        codes[name] = subprocess.run(command, cwd=REPO, check=False).returncode
    for name, code in codes.items():
        print(f"{name}: {'passed' if code == 0 else f'exit code {code}'}")
    return max(codes.values())


if __name__ == "__main__":
    sys.exit(main())
