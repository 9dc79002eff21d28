"""The parts of a running gateway, made from its settings and closed in the right order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request
from pydantic import HttpUrl

from gateway.admission import Admission
from gateway.background import background
from gateway.canaries import Canaries
from gateway.health import HealthChecker
from gateway.jobs.jobs import Jobs
from gateway.metrics import Metrics
from gateway.pages import poppler
from gateway.pages.pool import Renderer, RendererPool
from gateway.reader import DocumentReader
from gateway.restructuring import Restructurer
from gateway.retry import Patience, Retrier
from gateway.s3 import S3Store
from gateway.settings import Settings, SettingsError
from gateway.sources.body import BodyReader
from gateway.sources.dialling import Dialler, DirectDialler, ProxiedDialler
from gateway.sources.host_list import HostList
from gateway.sources.url import Fetcher
from gateway.sources.url_rules import UrlRules
from gateway.storage import Storage
from gateway.triton import InferenceClient, connect
from gateway.tritons import Tritons


@dataclass(frozen=True)
class Services:
    """What the routes work with."""

    settings: Settings
    admission: Admission
    metrics: Metrics
    tritons: Tritons
    bodies: BodyReader
    reader: DocumentReader
    restructurer: Restructurer
    storage: Storage
    s3: S3Store | None
    jobs: Jobs | None
    health: HealthChecker


def choose_renderers(settings: Settings) -> tuple[Renderer, ...]:
    """Who draws PDF pages, in the order they are tried.

    Raises SettingsError when PDF_RENDERER asks for what is not installed.
    """
    installed = poppler.installed()
    if settings.pdf_renderer == "poppler":
        if not installed:
            raise SettingsError(
                "PDF_RENDERER is poppler, but pdftoppm and pdfinfo are not on the PATH: install poppler-utils"
            )
        return ("poppler",)
    if settings.pdf_renderer == "auto" and installed:
        return ("pdfium", "poppler")
    return ("pdfium",)


def dialler(settings: Settings) -> Dialler | None:
    """Who asks for URLs; None where nothing is fetched."""
    if not settings.url_fetch:
        return None
    allow, deny = (HostList.parse(items) for items in (settings.url_allow, settings.url_deny))
    rules = UrlRules(allow, deny, frozenset(settings.url_ports))
    if settings.url_proxy is not None:
        return ProxiedDialler(rules, settings.url_ca_file, str(settings.url_proxy.get_secret_value()))
    return DirectDialler(rules, settings.url_ca_file)


@asynccontextmanager
async def running(
    settings: Settings,
    renderers: tuple[Renderer, ...],
    admission: Admission,
    metrics: Metrics,
    jobs: Jobs | None,
    triton: InferenceClient | None,
) -> AsyncIterator[Services]:
    """Everything that `settings` describe, running; needs an event loop.

    `triton` takes the place of the real client.
    """
    async with AsyncExitStack() as stack:
        # asyncio's own default is a handful of threads, which a few slow uploads or name look-ups would use up.
        threads = ThreadPoolExecutor(settings.max_requests + 16, thread_name_prefix="gateway")
        asyncio.get_running_loop().set_default_executor(threads)
        stack.callback(threads.shutdown, wait=False, cancel_futures=True)
        tritons = Tritons(
            settings.triton_url,
            lambda url: triton or _client(url, settings, metrics),
            Canaries(settings.health_timeout),
        )
        stack.push_async_callback(tritons.close)
        await tritons.open()
        await stack.enter_async_context(background(tritons.watch()))
        metrics.watch("tritons", "Tritons that TRITON_URL leads to.", lambda: tritons.known)
        metrics.watch("tritons_up", "Those of them that pages are sent to.", lambda: tritons.up)
        s3 = S3Store.from_settings(settings)
        if s3 is not None:
            stack.callback(s3.close)
        health = HealthChecker(tritons, s3, admission, cache_seconds=settings.health_cache_seconds)
        stack.push_async_callback(health.close)
        retrier = Retrier(health.able_since, metrics, Patience.of_request(settings.retry_seconds))
        restructurer = Restructurer(tritons, retrier, metrics)
        pool = RendererPool(
            workers=settings.render_workers,
            renderers=renderers,
            seconds=settings.render_timeout,
            memory_bytes=settings.render_memory_bytes,
            max_pixels=settings.max_page_pixels,
            reencode=settings.reencode_images,
            ended=lambda reason: metrics.renderers_ended.labels(reason).inc(),
        )
        metrics.renderers.set_function(lambda: pool.size)
        stack.push_async_callback(pool.close)
        fetcher = Fetcher(dialler(settings), seconds=settings.url_timeout, max_bytes=settings.max_upload_bytes)
        stack.push_async_callback(fetcher.close)
        if jobs is not None:
            stack.push_async_callback(jobs.close)
        yield Services(
            settings=settings,
            admission=admission,
            metrics=metrics,
            tritons=tritons,
            bodies=BodyReader(fetcher, settings.max_upload_bytes, settings.receive_timeout),
            restructurer=restructurer,
            reader=DocumentReader(
                pool,
                tritons,
                retrier,
                restructurer,
                metrics,
                max_pages=settings.max_pages,
                max_bytes=settings.max_result_bytes,
                per_document=settings.pages_in_flight,
                over_all=lambda: settings.pages_over_all(tritons.up),
            ),
            storage=Storage(settings.output_dir),
            s3=s3,
            jobs=jobs,
            health=health,
        )


def _client(url: HttpUrl, settings: Settings, metrics: Metrics) -> InferenceClient:
    return connect(
        url,
        # As many as there are pages, canaries and documents to restructure, each of which has a limit of its own.
        connections=0,
        # Each call has its deadline, which is to end it; this ends what that failed to.
        seconds=max(settings.request_timeout, settings.job_timeout if settings.jobs else 0.0) + 30,
        headers=metrics.tracer.headers,
    )


def _of(request: Request) -> Services:
    return cast(Services, request.app.state.services)


Parts = Annotated[Services, Depends(_of)]
"""The parameter of a route that wants the services."""
