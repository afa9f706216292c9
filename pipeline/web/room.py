"""How much of the API server the pages may hold: so many requests at a time, so that Airflow's own always find a thread."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.web.rendering import render

AT_ONCE = 8  # requests that work; the server's threads, forty, are shared with all of Airflow
PATIENCE_SECONDS = 3.0  # that another one waits for its turn, which costs no thread
RETRY_SECONDS = 5


class Room:
    """Middleware that lets ``AT_ONCE`` requests work, the next ones wait a little, and answers the rest with 503 and when to come again."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.places = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on once there is room for it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self.places.acquire()
        except TimeoutError:
            await full()(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        finally:
            self.places.release()


def full() -> ASGIApp:
    """Return the answer where there is no room."""
    message = f"Too many pages wait for the database at the moment. Airflow itself is not affected; try again in {RETRY_SECONDS} seconds."
    answer = render("error.html", status=503, title="The pages are busy", message=message)
    answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer
