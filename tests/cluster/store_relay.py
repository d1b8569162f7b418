"""A way to the object store that can be cut: what runs has the address of a store for its life."""

from __future__ import annotations

import contextlib
import socket
import threading

from steady_port import steady_port


class StoreRelay:
    """Passes bytes between a port of its own and a server's, until it is cut; then whoever calls is refused.

    Args:
        target: `host:port` of the server.
    """

    def __init__(self, target: str) -> None:
        host, _, port = target.partition(":")
        self._target = host, int(port)
        self._pairs: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self._port = steady_port()
        self.mend()

    @property
    def endpoint(self) -> str:
        """Where it listens, cut or not."""
        return f"127.0.0.1:{self._port}"

    def cut(self) -> None:
        """Ends all connections, and refuses new ones."""
        if self._listener is not None:
            # Closing alone would not wake who waits for a connection.
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        with self._lock:
            for end in self._pairs:
                _hang_up(end)
            self._pairs.clear()

    def mend(self) -> None:
        """Listens, again on the same port."""
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self._port))
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                caller, _ = listener.accept()
                server = socket.create_connection(self._target)
            except OSError:
                return
            with self._lock:
                if listener is not self._listener:
                    _hang_up(caller)
                    _hang_up(server)
                    return
                self._pairs |= {caller, server}
            for source, sink in ((caller, server), (server, caller)):
                threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                sink.sendall(piece)
        for end in (source, sink):
            _hang_up(end)
            with self._lock:
                self._pairs.discard(end)


def _hang_up(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
