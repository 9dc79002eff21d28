"""The one place where the gateway fetches what a stranger names.

Written here because no maintained library does all of it. drawbridge and httpx-secure dial what they checked too, but
have no list that wins over what is allowed, no port that goes with a host, no proxy, and no count of bytes as they
come; safehttpx asks Google's name servers.
"""

from __future__ import annotations

from pathlib import Path

import anyio
import httpx2

from gateway.deadline import Deadline
from gateway.errors import DeadlineExceeded, UrlFailed, UrlRefused
from gateway.sources.data_uri import too_large
from gateway.sources.dialling import Dialler, place_of

_MAX_REDIRECTS = 3


class Fetcher:
    """Fetches documents by URL; without a dialler, which is URL_FETCH=off, none.

    `seconds` bounds one fetch, redirects included, and `max_bytes` what comes of it.
    """

    def __init__(self, dialler: Dialler | None, *, seconds: float, max_bytes: int) -> None:
        self._dialler = dialler
        self._seconds = seconds
        self._max_bytes = max_bytes

    async def fetch(self, url: str, target: Path, deadline: Deadline) -> None:
        """Write what `url` holds to `target`.

        Raises UrlRefused, UrlFailed, BodyTooLarge, DeadlineExceeded.
        """
        if self._dialler is None:
            raise UrlRefused(
                "url: this server fetches nothing (URL_FETCH is off): send the document itself", param="url"
            )
        own = Deadline.after(min(self._seconds, deadline.remaining()))
        try:
            await own.wait(self._follow(self._dialler, httpx2.URL(url), target))
        except DeadlineExceeded:
            if deadline.remaining() == 0:
                raise deadline.exceeded() from None
            raise UrlFailed(
                f"url: nothing complete came within {self._seconds:g} seconds: URL_TIMEOUT raises that", param="url"
            ) from None
        except httpx2.InvalidURL:
            raise UrlRefused("url: it is no http or https address", param="url") from None
        except httpx2.HTTPError as error:
            raise UrlFailed(f"url: it could not be fetched ({type(error).__name__})", param="url") from None

    async def close(self) -> None:
        """Close all connections."""
        if self._dialler is not None:
            await self._dialler.close()

    async def _follow(self, dialler: Dialler, url: httpx2.URL, target: Path) -> None:
        """Ask for `url` and where it redirects to; each is checked when it is dialled, and none keeps a cookie."""
        for _ in range(_MAX_REDIRECTS + 1):
            response = await dialler.get(url, self._seconds)
            try:
                if not response.has_redirect_location:
                    await self._save(response, target)
                    return
                # What a redirect says beside its place is not read: it may have no end.
                url = _redirected(url, response.headers["Location"])
            finally:
                await response.aclose()
        raise UrlFailed(f"url: it redirects more than {_MAX_REDIRECTS} times", param="url")

    async def _save(self, response: httpx2.Response, target: Path) -> None:
        if response.status_code != httpx2.codes.OK:
            raise UrlFailed(f"url: the server there answered {response.status_code}", param="url")
        coding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if coding != "identity":
            raise UrlFailed("url: the server there sends it compressed, although that was not asked for", param="url")
        announced = response.headers.get("Content-Length", "")
        if announced.isdecimal() and int(announced) > self._max_bytes:
            raise too_large(self._max_bytes)
        received = 0
        async with await anyio.open_file(target, "wb") as file:
            async for chunk in response.aiter_raw():
                received += len(chunk)
                if received > self._max_bytes:
                    raise too_large(self._max_bytes)
                await file.write(chunk)


def _redirected(url: httpx2.URL, location: str) -> httpx2.URL:
    place = url.join(location)
    place_of(place)
    if (url.scheme, place.scheme) == ("https", "http"):
        raise UrlRefused("url: it redirects from https to http, which is not followed", param="url")
    return place
