"""Records exports of portals that nobody here wrote, and rehearses them: a line says what came of each.

    python tests/foreign_portals/show.py --folder FOLDER [--only NAME] [--keep tests/recording/foreign_journals]

A scripted person sits before the window that `scrapy record` opens, and presses the buttons of its bar. Exit code 0 if
all is as `exports.py` says. `--keep` puts the recordings of those that were proven where the default run reads them.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    here = Path(__file__).parent
    sys.path[:0] = [str(here.parents[1]), str(here.parent), str(here.parent / "recording"), str(here)]
    from shown import main

    sys.exit(main())
