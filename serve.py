"""The server with its own certificate: TLS 1.3 and nothing older, no `server` header, no access log.

    CASEGATE_TLS_CERT=cert.pem CASEGATE_TLS_KEY=key.pem python serve.py --address 0.0.0.0 --port 8443

Streamlit's own `server.sslCertFile` still accepts TLS 1.2. Needs sign-in to be configured: in demo mode the app calls its own
sandbox provider over plain loopback, so a demo belongs behind a proxy that speaks TLS.
"""

import argparse
import ssl
import sys

import uvicorn
from streamlit.web.bootstrap import load_config_options

from core.errors import ConfigError
from core.settings import Settings, settings


def server(config: Settings, address: str, port: int) -> uvicorn.Server:
    """A server that listens with the configured certificate. Raises ConfigError that says what to set."""
    if config.demo:
        raise ConfigError("serve.py needs sign-in: set the CASEGATE_OIDC_ settings, or run the demo with `streamlit run app.py`.")
    if config.tls_cert is None or config.tls_key is None:
        raise ConfigError("Set CASEGATE_TLS_CERT and CASEGATE_TLS_KEY to the certificate's and its key's PEM files.")
    load_config_options({"server_address": address, "server_port": port})
    made = uvicorn.Config(
        "app:app",
        host=address,
        port=port,
        ssl_certfile=str(config.tls_cert),
        ssl_keyfile=str(config.tls_key),
        server_header=False,
        access_log=False,
    )
    try:
        made.load()
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"The certificate can't be used ({type(error).__name__}): check CASEGATE_TLS_CERT and CASEGATE_TLS_KEY."
        ) from None
    if made.ssl is None:
        raise ConfigError("No TLS context could be made from CASEGATE_TLS_CERT.")
    made.ssl.minimum_version = ssl.TLSVersion.TLSv1_3
    return uvicorn.Server(made)


def main() -> None:
    """Serve until stopped; exit code 2 on a wrong setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8443)
    given = parser.parse_args()
    try:
        ready = server(settings(), given.address, given.port)
    except ConfigError as error:
        sys.stderr.write(f"Casegate did not start. {error.user_message}\n")
        sys.exit(2)
    ready.run()


if __name__ == "__main__":
    main()
