"""Holds docs/engines/job.yaml against the schema of Kubernetes' API, and what `scrapy service compose` prints against
that of Compose: `python tests/engines/check_manifests.py [--environment FOLDER]`.

The schemas are those that two packages bring along; they are installed into an environment of their own, unless FOLDER
has one. A manifest with a key that is none must be refused, or the check says nothing.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT)]

from shopdata.service import units  # noqa: E402

PACKAGES = ("kubernetes-validate==1.37.0", "check-jsonschema==0.39.0")
#: A word of each that is misspelt on purpose.
MISSPELT = {"backoffLimitPerIndex": "backoffLimitPerIndices", "depends_on": "depend_on"}


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environment", type=Path, help="an environment with both packages, or where to make one")
    given = parser.parse_args().environment
    with tempfile.TemporaryDirectory(prefix="shopdata-manifests-") as folder:
        programs = _environment(given or Path(folder, "environment"))
        manifest = (ROOT / "docs" / "engines" / "job.yaml").read_text("utf-8")
        kubernetes = [programs / "kubernetes-validate", "--strict"]
        compose = [programs / "check-jsonschema", "--builtin-schema", "vendor.compose-spec"]
        texts = [("job.yaml", manifest, kubernetes)]
        texts += [(f"compose of {nodes}", units.compose_file(nodes), compose) for nodes in (1, 3)]
        results = [_check(name, text, command, Path(folder, "file.yaml")) for name, text, command in texts]
    return 0 if all(results) else 1


def _environment(folder: Path) -> Path:
    """Where its programs are."""
    if not (folder / "bin" / "check-jsonschema").exists():
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return folder / "bin"


def _check(name: str, text: str, command: list[Path | str], path: Path) -> bool:
    wrong = text
    for word, other in MISSPELT.items():
        wrong = wrong.replace(word, other)
    path.write_text(wrong, "utf-8")
    is_strict = subprocess.run([*command, path], capture_output=True, check=False).returncode != 0
    path.write_text(text, "utf-8")
    done = subprocess.run([*command, path], capture_output=True, text=True, check=False)
    is_good = done.returncode == 0 and is_strict and wrong != text
    print(f"{'yes' if is_good else 'NO '}  {name}{'' if is_strict else ': a misspelt key was let through'}")
    if done.returncode:
        print(done.stdout + done.stderr)
    return is_good


if __name__ == "__main__":
    sys.exit(main())
