"""A real Chromium driven over its own debugging socket, as lightly as can be: no library between, no domain switched on.

A driver that shares two cores with what it measures must not be what it measures. Keys go out as trusted key events and nobody
waits for their answers, so that a busy machine doesn't slow the typing down.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

PORT_FILE = "DevToolsActivePort"
# Every tab is one in front of its reader: none is slowed down as one behind another would be.
AS_IF_IN_FRONT = (
    "--headless",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--remote-debugging-port=0",
    "--hide-scrollbars",
    "--mute-audio",
)
_SHIFT = 8


class CommandError(RuntimeError):
    """Chromium did not do what it was told."""


class Chromium:
    """One browser process; commands by name, answers as dictionaries."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reader = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        async for line in self._socket:
            said = json.loads(line)
            asked = self._asked.pop(said.get("id", 0), None)
            if asked is not None and not asked.done():
                asked.set_result(said)

    async def tell(self, method: str, session: str = "", **params: Any) -> int:
        """Send a command without waiting for what comes of it."""
        number = next(self._ids)
        said = {"id": number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        await self._socket.send(json.dumps(said))
        return number

    async def ask(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        """Send a command and return its result. Raises CommandError."""
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        number = next(self._ids)
        self._asked[number] = answer
        said = {"id": number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        await self._socket.send(json.dumps(said))
        got = await answer
        if "error" in got:
            raise CommandError(f"{method}: {got['error'].get('message')}")
        return dict(got["result"])

    async def open(self, url: str, width: int, height: int) -> Tab:
        """A page in a context of its own: cookies and storage shared with nobody."""
        context = (await self.ask("Target.createBrowserContext"))["browserContextId"]
        target = (await self.ask("Target.createTarget", url="about:blank", browserContextId=context, width=width, height=height))[
            "targetId"
        ]
        session = (await self.ask("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        tab = Tab(self, session)
        await tab.ask("Emulation.setFocusEmulationEnabled", enabled=True)
        await tab.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        await tab.ask("Page.navigate", url=url)
        return tab

    def stop(self) -> None:
        """Listen no more."""
        self._reader.cancel()


@dataclass(frozen=True, slots=True)
class Tab:
    """One page of a browser."""

    browser: Chromium
    session: str

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """A command to this page. Raises CommandError."""
        return await self.browser.ask(method, self.session, **params)

    async def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page. Raises CommandError when it throws."""
        got = await self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in got:
            raise CommandError(str(got["exceptionDetails"].get("text")))
        return got["result"].get("value")

    async def until(self, expression: str, limit_s: float) -> None:
        """Return once the expression is true in the page; an error, as while it is loading, counts as false. Raises TimeoutError."""
        async with asyncio.timeout(limit_s):
            while True:
                with suppress(CommandError, TimeoutError):  # a page that navigates may take a question with it
                    if await asyncio.wait_for(self.evaluate(expression), 5):
                        return
                await asyncio.sleep(0.2)

    async def press(self, key: str) -> None:
        """One character's key down and up, as from a keyboard."""
        code = ord(key.upper()) if key.isalnum() and key.isascii() else 32 if key == " " else 0
        held = _SHIFT if key.isupper() else 0
        about: dict[str, Any] = {"key": key, "windowsVirtualKeyCode": code, "modifiers": held}
        await self.browser.tell("Input.dispatchKeyEvent", self.session, type="keyDown", text=key, **about)
        await self.browser.tell("Input.dispatchKeyEvent", self.session, type="keyUp", **about)


@asynccontextmanager
async def chromium(flags: Sequence[str]) -> AsyncIterator[Chromium]:
    """A browser of its own profile, gone at the end. Raises TimeoutError when it does not start."""
    program = which("chromium") or which("google-chrome") or "chromium"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            program,
            f"--user-data-dir={profile}",
            *AS_IF_IN_FRONT,
            *flags,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with connect(await _address(Path(profile) / PORT_FILE), max_size=None, compression=None) as socket:
                browser = Chromium(socket)
                yield browser
                await browser.tell("Browser.close")
                await asyncio.wait_for(process.wait(), 10)
                browser.stop()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def _address(file: Path) -> str:
    async with asyncio.timeout(60):
        while not (file.exists() and file.read_text().count("\n") >= 1):
            await asyncio.sleep(0.05)
    port, path = file.read_text().splitlines()[:2]
    return f"ws://127.0.0.1:{port}{path}"
