"""The server and the frame: routes, start-up checks, navigation, sign-in, then the chosen page.

`streamlit run` finds the server by the literal `app = st.App(...)` below; a wrapper would not be found.
"""

import gc
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core import api, bootstrap
from core.errors import ConfigError, Error
from core.settings import require_safe_listening, settings
from core.ui.desk import frame, log_privacy, session

IN_PAGE = get_script_run_ctx(suppress_warning=True) is not None  # this file is both the server's module and every session's script


def check_start() -> None:
    """Refuse to start on a wrong setting, with a message that says what to set."""
    try:
        require_safe_listening(settings(), str(st.get_option("server.address") or ""))
        for warning in bootstrap.check(settings()):
            sys.stderr.write(f"{warning}\n")
        bootstrap.warm_up(settings())
    except ConfigError as error:
        sys.stderr.write(f"\nCasegate did not start. {error.user_message}\n")
        sys.exit(2)


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Record start and stop, and load meanwhile what the first page wants.

    A store that can't be written shows on /health and on every page instead.
    """
    gc.collect()
    gc.freeze()
    threading.Thread(target=frame.warm_up, name="warm-up", daemon=True).start()
    try:
        bootstrap.record_start(session.services())
    except Error as error:
        sys.stderr.write(f"{error.user_message}\n")
    end_telemetry = api.start_telemetry(session.services, settings().otlp_endpoint)
    yield
    end_telemetry()
    bootstrap.stop()


if IN_PAGE:
    frame.run(on_sign_out=lambda: api.desk().close(session.session_id()))
else:
    log_privacy.keep_words_out()
    check_start()
    frame.claim_pages()
    app = st.App(
        __file__,
        routes=api.routes(session.services, api.desk(), demo=settings().demo),
        middleware=api.middleware(
            loopback_only=settings().demo and not settings().demo_public, services=None if settings().demo else session.services
        ),
        lifespan=lifespan,
        secrets=settings().streamlit_auth(),
        on_script_error=frame.on_script_error,
    )
