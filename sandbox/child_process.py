"""Runs a program that must not outlive whoever started it.

    python child_process.py [--remove FILE]… [--remove-folder FOLDER] -- PROGRAM ARGUMENT…

The starter holds the other end of standard input. When that closes, whether it was closed on purpose or because the
starter was killed with SIGKILL, the program is ended (SIGTERM, after five seconds SIGKILL) and the files named with
`--remove` are deleted. So is the folder, but not if the program ended by itself: its log tells why.

A pipe works on every system; Linux's PDEATHSIG would fire when the *thread* that started the program ends. Standard
library only, and started by its path, so that it is up in some hundredths of a second.

Prints the program's pid as its only line. Ends with the program's exit code.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

#: SeaweedFS needs one or two; now and then it waits half a minute for a connection of its own, and loses nothing by
#: being killed then (seen with 4.48 after reads of 20 MB).
GRACE_SECONDS = 5


def main(arguments: list[str]) -> int:
    """Runs the program to its end or to the end of standard input, whichever is first."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--remove", action="append", default=[], type=Path)
    parser.add_argument("--remove-folder", type=Path)
    parser.add_argument("program", nargs="+")
    options = parser.parse_args(arguments)
    # Its output is our standard error, which the starter has sent to a file.
    program = subprocess.Popen(options.program, stdin=subprocess.DEVNULL, stdout=sys.stderr, stderr=sys.stderr)
    signal.signal(signal.SIGTERM, lambda *_: program.terminate())
    print(program.pid, flush=True)
    let_go = threading.Event()
    threading.Thread(target=_end_when_let_go, args=(program, let_go), daemon=True).start()
    code = program.wait()
    for file in options.remove:
        file.unlink(missing_ok=True)
    if let_go.is_set() and options.remove_folder is not None:
        shutil.rmtree(options.remove_folder, ignore_errors=True)
    # Not sys.exit: the other thread may still be reading standard input, and would hold the interpreter back.
    os._exit(code if code >= 0 else 128 - code)


def _end_when_let_go(program: subprocess.Popen[bytes], let_go: threading.Event) -> None:
    while os.read(0, 1024):
        pass
    let_go.set()
    program.terminate()
    try:
        program.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        program.kill()


if __name__ == "__main__":
    main(sys.argv[1:])
