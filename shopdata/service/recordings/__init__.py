"""Recordings from the board: each is a browser in a process of its own, which ends when the pipe to it does."""
