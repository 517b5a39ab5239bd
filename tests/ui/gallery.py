"""A small app that shows the editor and every view with invented data, for the browser tests and for looking at.

It stands beside `static/` and `.streamlit/`, so the tests copy it (conftest.py).
Its /preview finds a few patterns only; its CSP is the product's.
"""

import asyncio
import base64
import hashlib
import re
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route
from streamlit.runtime.scriptrunner import get_script_run_ctx

PATTERNS = (
    (r"(?<=Mr\. )[A-Z]\w+ [A-Z]\w+", "name", "cue:title", "masked", "[PATIENT]"),
    (r"MRN \d+", "record number", "pattern:mrn", "masked", "[RECORD-NUMBER-1]"),
    (r"\d{2}/\d{2}/\d{4}", "date", "pattern:date", "masked", "[DATE: day 0]"),
    (r"\(\d{3}\) \d{3}-\d{4}", "phone", "pattern:phone", "masked", "[PHONE-1]"),
    (r"Springfield", "place", "lexicon:place", "flagged", ""),
)
HEALTH = {"answer": 200, "delay_s": 0.0}


def utf16(text: str, offset: int) -> int:
    """A code point offset in UTF-16 code units."""
    return len(text[:offset].encode("utf-16-le")) // 2


async def preview(request):
    """The fake redactor."""
    asked = await request.json()
    await asyncio.sleep(HEALTH["delay_s"])
    if HEALTH["answer"] != 200 or request.headers.get("x-preview-token") != "token-1":
        return JSONResponse({"error": "no"}, HEALTH["answer"] if HEALTH["answer"] != 200 else 401)
    text, spans = asked["text"], []
    for pattern, category, detector, state, tag in PATTERNS:
        for m in re.finditer(pattern, text):
            places = {"start": utf16(text, m.start()), "end": utf16(text, m.end())}
            spans.append({**places, "category": category, "detector": detector, "state": state, "tag": tag})
    return JSONResponse({"rev": asked["rev"], "spans": spans, "counts": {}})


async def health(request):
    """Set how the fake redactor fares: POST {"answer": status, "delay_s": seconds}."""
    HEALTH.update(await request.json())
    return JSONResponse(HEALTH)


class Csp:
    """The product's content security policy, on every response."""

    def __init__(self, app):
        self.app = app
        index = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
        inline = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.sub(r"<!--.*?-->", "", index, flags=re.DOTALL), re.DOTALL)
        hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()}'" for body in inline)
        self.policy = (
            f"default-src 'self'; script-src 'self' blob: {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
            "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
            "form-action 'self'; frame-ancestors 'none'"
        ).encode()

    async def __call__(self, scope, receive, send):
        async def with_policy(message):
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"content-security-policy", self.policy)]
            await send(message)

        await self.app(scope, receive, with_policy)


app = st.App(
    __file__,
    routes=[Route("/preview", preview, methods=["POST"]), Route("/fake-health", health, methods=["POST"])],
    middleware=[Middleware(Csp)],
)
if get_script_run_ctx() is not None:
    import gallery_pages

    gallery_pages.run()
