"""What clients send in a soak, and which answers to it are right."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx2 as httpx

from benchmarks.soak.documents import Sample, Samples

Outcome = Literal["read", "read, not kept", "refused", "hung up", "busy", "unavailable", "broken off", "wrong"]
"""`read, not kept`: the text came, and with it why it could not be saved or uploaded. `busy`: 429; `unavailable`: 503
or 504; both in the form that the API promises. `broken off`: no whole answer."""

ANSWER_SECONDS = 120.0
"""A request that takes longer hangs."""
JOB_SECONDS = 600.0
DROPPED_AFTER = (0.01, 0.4)
"""Seconds after which clients hang up."""


@dataclass(frozen=True)
class Told:
    """How a request ended: what came of it, and for what is wrong, what it was."""

    kind: str
    outcome: Outcome
    detail: str = ""


Mix = dict[str, int]
"""How often each kind of request is sent, of a hundred."""
MIXED: Mix = {"Base64": 55, "upload": 20, "stream": 10, "hang-up": 8, "bad": 5, "job": 2}
KEEPING: Mix = {"Base64": 40, "stream": 20, "kept": 30, "job": 10}


@dataclass
class Client:
    """Sends requests of all kinds to one gateway. `known` is what each sample reads as."""

    http: httpx.AsyncClient
    samples: Samples
    mix: Mix
    known: dict[str, str] = field(default_factory=dict)

    async def learn(self) -> None:
        """Read each sample once; what comes back is right from then on. Raises HTTPStatusError."""
        for sample in self.samples.good:
            response = await self.http.post("/ocr", json=_body(sample))
            self.known[sample.name] = response.raise_for_status().json()["markdown"]

    async def send(self, chance: random.Random) -> Told:
        """One request of a kind that `chance` draws by the mix."""
        [kind] = chance.choices(list(self.mix), weights=list(self.mix.values()))
        try:
            told = await self._senders()[kind](chance)
        except httpx.TimeoutException:
            return Told(kind, "wrong", f"no answer within {ANSWER_SECONDS:g} s")
        except httpx.TransportError as error:
            return Told(kind, "broken off", type(error).__name__)
        return Told(kind, *told)

    async def read_one(self) -> Told:
        """One plain request."""
        return Told("Base64", *await self._as_json(random.Random(0)))

    def _senders(self) -> dict[str, Callable[[random.Random], Awaitable[tuple[Outcome, str]]]]:
        return {
            "Base64": self._as_json,
            "upload": self._as_form,
            "stream": self._as_stream,
            "hang-up": self._and_hang_up,
            "bad": self._bad,
            "kept": self._kept,
            "job": self._as_job,
        }

    async def _as_json(self, chance: random.Random) -> tuple[Outcome, str]:
        sample = chance.choice(self.samples.good)
        return self._judge(await self.http.post("/ocr", json=_body(sample)), sample)

    async def _as_form(self, chance: random.Random) -> tuple[Outcome, str]:
        sample = chance.choice(self.samples.good)
        return self._judge(await self.http.post("/ocr", files={"file": sample.data}), sample)

    async def _as_stream(self, chance: random.Random) -> tuple[Outcome, str]:
        sample = chance.choice(self.samples.good)
        response = await self.http.post("/ocr", json=_body(sample), headers={"Accept": "application/x-ndjson"})
        if response.status_code != httpx.codes.OK:
            return _refused(response)
        events = [json.loads(line) for line in response.text.splitlines()]
        names = [event["event"] for event in events]
        if names == ["opened", *["page"] * sample.pages, "result"]:
            return self._compare(events[-1]["markdown"], sample)
        if names[-1] == "error" and events[-1]["error"]["type"] in ("unavailable", "timeout"):
            return "unavailable", str(events[-1]["error"]["code"])
        return "wrong", f"the events {names}"

    async def _kept(self, chance: random.Random) -> tuple[Outcome, str]:
        sample = chance.choice(self.samples.good)
        response = await self.http.post("/ocr", json={**_body(sample), "save": True, "s3": True})
        outcome, detail = self._judge(response, sample)
        if outcome != "read":
            return outcome, detail
        saved, told = response.json()["saved"], {warning["type"] for warning in response.json()["warnings"]}
        # What could not be kept must be told.
        missing = {"not_saved"} - told if saved["local"] is None else set()
        missing |= {"not_uploaded"} - told if saved["s3"]["error"] else set()
        if missing:
            return "wrong", f"no warning {missing}"
        return ("read, not kept", "") if told & {"not_saved", "not_uploaded"} else ("read", "")

    async def _and_hang_up(self, chance: random.Random) -> tuple[Outcome, str]:
        sample = chance.choice(self.samples.good)
        with contextlib.suppress(asyncio.TimeoutError, TimeoutError):
            await asyncio.wait_for(self.http.post("/ocr", json=_body(sample)), chance.uniform(*DROPPED_AFTER))
        return "hung up", ""

    async def _bad(self, chance: random.Random) -> tuple[Outcome, str]:
        bad = chance.choice(self.samples.bad)
        response = await self.http.post("/ocr", json=bad.body)
        code = _error(response).get("code")
        if code == bad.code:
            return "refused", ""
        return _refused(response, f"{bad.name}: {response.status_code} {code} instead of {bad.code}")

    async def _as_job(self, chance: random.Random) -> tuple[Outcome, str]:
        sample = chance.choice(self.samples.good)
        accepted = await self.http.post("/jobs", json=_body(sample))
        if accepted.status_code != httpx.codes.ACCEPTED:
            return _refused(accepted)
        # From here on it must end, whatever is killed: that is what a job is for.
        return await asyncio.wait_for(self._ended(f"/jobs/{accepted.json()['id']}", sample), JOB_SECONDS)

    async def _ended(self, url: str, sample: Sample) -> tuple[Outcome, str]:
        while True:
            await asyncio.sleep(0.5)
            with contextlib.suppress(httpx.TransportError):
                status = await self.http.get(url)
                if status.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
                    continue
                if status.status_code != httpx.codes.OK:
                    return "wrong", f"an accepted job is lost: {status.status_code}"
                job = status.json()
                if job["status"] == "failed":
                    return "wrong", f"a job failed: {job.get('error')}"
                if job["status"] == "done":
                    result = await self.http.get(f"{url}/result")
                    await self.http.delete(url)
                    return self._judge(result, sample)

    def _judge(self, response: httpx.Response, sample: Sample) -> tuple[Outcome, str]:
        if response.status_code != httpx.codes.OK:
            return _refused(response)
        return self._compare(response.json()["markdown"], sample)

    def _compare(self, markdown: str, sample: Sample) -> tuple[Outcome, str]:
        if markdown == self.known[sample.name]:
            return "read", ""
        return "wrong", f"{sample.name} was read as {markdown[:80]!r}"


def _refused(response: httpx.Response, otherwise: str = "") -> tuple[Outcome, str]:
    """What an answer that is no success amounts to."""
    error = _error(response)
    wait = response.headers.get("Retry-After", "")
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS and wait.isdecimal():
        return "busy", ""
    if response.status_code == httpx.codes.SERVICE_UNAVAILABLE and wait.isdecimal():
        return "unavailable", str(error.get("code"))
    if response.status_code == httpx.codes.GATEWAY_TIMEOUT:
        return "unavailable", str(error.get("code"))
    return "wrong", otherwise or f"{response.status_code} {error.get('code')}: {error.get('message')}"


def _error(response: httpx.Response) -> dict[str, Any]:
    try:
        error = response.json()["error"]
    except (ValueError, KeyError, TypeError):
        return {}
    return error if isinstance(error, dict) else {}


def _body(sample: Sample) -> dict[str, Any]:
    return {"file": base64.b64encode(sample.data).decode(), **sample.fields}
