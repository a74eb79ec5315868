"""The worker of gunicorn, with patience at the door: a request takes a thread once it is whole, and slow clients take none.

gunicorn's own threaded worker reads the head of a request in a thread, without a limit of time, so as many clients as there are threads
stop it by saying nothing. Here heads and small bodies are gathered in the main loop, large bodies and answers have a limit of time,
pulses and health checks have threads of their own, and when too many requests wait for a thread the next is told to come again.
"""

import errno
import re
import selectors
import socket
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

HEAD_S = 10.0  # for a head and a small body, all told
STALL_S = 20.0  # that a large body may take at the least, and an answer altogether
SLOWEST = 20_000  # bytes a second of a large body, beyond the first seconds
SMALL = 256_000  # bytes of a body that is gathered in the main loop: every call of a page
MOST_HEAD = 64_000
REFUSED, REFUSED_S = 32_000_000, 5.0  # bytes and seconds of a body that nobody wants, before it is cut off
WAITING = 200  # requests that wait for a thread; about a minute of work, beyond which nobody still looks
LINGER_S = 0.2  # that a connection is held when the worker stops, for a request under way to it
QUICK = re.compile(rb"(?:GET|HEAD) /(?:pulse|healthz|readyz)(?:[? ])")
QUICK_THREADS = 4
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*\r\n", re.IGNORECASE)
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Impatient(socket.socket):
    """A socket of a client whose request has a thread: what is read has to come at some speed, what is sent has to be taken."""

    since, got = 0.0, 0

    def begin(self) -> None:
        """Count the time from here."""
        self.since, self.got = time.monotonic(), 0

    def setblocking(self, flag: bool) -> None:
        """Wait, but not for ever."""
        self.settimeout(STALL_S if flag else 0.0)

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Read; a client that is too slow counts as gone."""
        if self.gettimeout() == 0.0:
            return super().recv(size, flags)
        left = self.since + STALL_S + self.got / SLOWEST - time.monotonic()
        try:
            self.settimeout(max(left, 0.001))
            found = super().recv(size, flags)
        except TimeoutError as error:
            raise ConnectionResetError(errno.ECONNRESET, "the client was too slow") from error
        self.got += len(found)
        return found

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send within the limit of time, counted anew for each piece."""
        try:
            self.settimeout(STALL_S)
            super().sendall(data, flags)
        except TimeoutError as error:
            raise ConnectionResetError(errno.ECONNRESET, "the client takes nothing") from error


def is_whole(said: bytes) -> bool:
    """Return whether a thread can answer what a client has said so far, without waiting for more of it than it must."""
    head, end, body = said.partition(b"\r\n\r\n")
    if not end:
        return len(said) > MOST_HEAD  # too much of it is for the parser to refuse
    found = LENGTH.search(head + b"\r\n")
    length = int(found[1]) if found else 0
    return length > SMALL or len(body) >= length or b"\r\nexpect:" in head.lower()


class PatientWorker(ThreadWorker):
    """Threads for requests that are whole."""

    def init_process(self) -> None:
        """Make the threads of pulses and health checks beside the others."""
        self.quick = ThreadPoolExecutor(QUICK_THREADS, "quick")
        super().init_process()

    def accept(self, listener: Any) -> None:
        """Take a connection and listen to it in the main loop."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                return
            raise
        self.nr_conns += 1
        self._listen(TConn(self.cfg, Impatient(fileno=client.detach()), address, listener.getsockname()))

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """Listen to the next request of a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._listen(conn)
        self._heard(conn, client)

    def _listen(self, conn: Any) -> None:
        conn.said, conn.timeout = bytearray(), time.monotonic() + HEAD_S
        conn.sock.setblocking(False)
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._heard, conn))

    def _heard(self, conn: Any, client: Any) -> None:
        try:
            more = client.recv(65_536)
        except BlockingIOError:
            return
        except OSError:
            more = b""
        conn.said += more
        if more and not is_whole(bytes(conn.said)):
            return
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        if not more:
            self._let_go(conn)
            return
        self._hand_over(conn, bytes(conn.said))

    def _hand_over(self, conn: Any, said: bytes) -> None:
        quick = bool(QUICK.match(said))
        if not quick and self.tpool._work_queue.qsize() >= WAITING:
            with suppress(OSError):
                conn.sock.send(BUSY)
            self._let_go(conn)
            return
        conn.sock.begin()
        conn.data_ready = True
        conn.init()
        conn.parser.unreader.unread(said)
        asked = (self.quick if quick else self.tpool).submit(self.handle, conn)
        asked.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def enqueue_req(self, conn: Any) -> None:
        """Go on with a request that came together with the one before it."""
        conn.sock.begin()
        super().enqueue_req(conn)

    def _keepalive_after(self, conn: Any, keepalive: bool) -> bool:
        """Read what is left of a body that was refused: a proxy that is cut off while it sends one tells 502 instead of the refusal."""
        return keepalive and bool(conn.parser.finish_body(deadline=time.monotonic() + REFUSED_S, max_bytes=REFUSED))

    def _let_go(self, conn: Any) -> None:
        self.nr_conns -= 1
        conn.close()

    def _cap_keepalive(self, deadline: float) -> None:
        """A worker that stops waits for no connection that has said nothing."""
        soon = min(deadline, time.monotonic() + LINGER_S)
        super()._cap_keepalive(soon)
        for conn in self.pending_conns:
            if not conn.said:
                conn.timeout = min(conn.timeout, soon)
        self.pending_conns = deque(sorted(self.pending_conns, key=lambda conn: conn.timeout))
