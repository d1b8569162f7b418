"""Runs a command at a terminal of its own and types when it is asked; prints what one would have seen there.

`python typing_at_a_terminal.py '[["prompt", "what is typed"], …]' COMMAND…`; its exit code is that of the command.
"""

from __future__ import annotations

import json
import os
import pty
import sys


def main(answers: list[tuple[str, str]], command: list[str]) -> int:
    """A process by itself, for a terminal belongs to a session, and a session to a process that is forked."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(command[0], command)
    seen = b""
    for prompt, typed in answers:
        start = len(seen)
        while prompt.encode() not in seen[start:]:
            seen += os.read(terminal, 1000)
        os.write(terminal, typed.encode() + b"\n")
    try:
        while part := os.read(terminal, 1000):
            seen += part
    except OSError:
        pass  # on Linux the end of a terminal is an error
    sys.stdout.write(seen.decode("utf-8", "replace"))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1]), sys.argv[2:]))
