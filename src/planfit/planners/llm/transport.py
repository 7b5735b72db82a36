"""The HTTP transport under the client: what is sent is noted before it leaves, and no answer is endless."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from typing import Final

import httpx2

CONNECT_SECONDS: Final = 10.0
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
MOST_BYTES = 8_000_000
"""Of an answer."""
Note = Callable[[str, bytes], None]
"""Is told the address and the body of each request before it is sent."""


class TooLarge(httpx2.TransportError):
    """The answer has more bytes than any plan."""


class NotedTransport(httpx2.BaseTransport):
    """Passes requests on, telling `note` of each, and ends answers that are too long or come too slowly.

    Attributes
    ----------
    sent_sha256, sent_bytes : str, int
        Of the body of the last request.
    deadline : float
        ``time.monotonic()`` at which an answer that is still coming is given up.
    """

    def __init__(self, note: Note | None = None, proxy: str | None = None) -> None:
        self._inner = httpx2.HTTPTransport(proxy=proxy)
        self.note = note
        self.sent_sha256 = ""
        self.sent_bytes = 0
        self.deadline = float("inf")

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        body = request.read()
        self.sent_sha256, self.sent_bytes = hashlib.sha256(body).hexdigest(), len(body)
        if self.note is not None:
            self.note(str(request.url), body)
        response = self._inner.handle_request(request)
        assert isinstance(response.stream, httpx2.SyncByteStream)
        response.stream = _Bounded(response.stream, request, self.deadline)
        return response

    def close(self) -> None:
        self._inner.close()


class _Bounded(httpx2.SyncByteStream):
    def __init__(self, stream: httpx2.SyncByteStream, request: httpx2.Request, deadline: float) -> None:
        self._stream, self._request, self._deadline = stream, request, deadline

    def __iter__(self) -> Iterator[bytes]:
        count = 0
        for part in self._stream:
            count += len(part)
            if count > MOST_BYTES:
                raise TooLarge(f"the answer has more than {MOST_BYTES:,} bytes", request=self._request)
            if time.monotonic() > self._deadline:
                raise httpx2.ReadTimeout("the answer comes too slowly", request=self._request)
            yield part

    def close(self) -> None:
        self._stream.close()


def proxy_for(url: str) -> str | None:
    """Return the proxy that the environment names for an address."""
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    parts, proxies = urlsplit(url), getproxies()
    host = parts.hostname or ""
    if host in LOOPBACK or proxy_bypass(host):
        return None
    return proxies.get(parts.scheme) or proxies.get("all")
