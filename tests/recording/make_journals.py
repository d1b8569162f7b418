"""Records the journals of this folder anew: `python tests/recording/make_journals.py`, from the repository's root.

They are recorded off the stand-in portals and have stand-ins as every journal has; their hosts get names that stay.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1]), str(Path(__file__).parent)]


def main() -> None:
    """Writes one file for each dataset."""
    from as_in_a_run import shared_chromium
    from kept_journals import FOLDER, HOSTS, kept
    from person import WAYS, quick_sandbox, record

    FOLDER.mkdir(exist_ok=True)
    with quick_sandbox() as sandbox, shared_chromium() as (runner, browser):
        for dataset in WAYS:
            journal = runner.run(record(browser, sandbox, dataset))
            text = kept(journal, sandbox, dataset).path.read_text("utf-8")
            for name, address in HOSTS.items():
                text = text.replace(sandbox.origins[name], address)
                text = text.replace(sandbox.origins[name].partition("://")[2], address.partition("://")[2])
            (FOLDER / f"{dataset}.jsonl").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
