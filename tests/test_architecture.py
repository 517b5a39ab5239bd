"""The house rules, as tests: layers, homes of effects, cycles, guards, and who may clear a prompt."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS: tuple[tuple[str, ...], ...] = (
    ("app", "serve", "pages"),
    ("core.ui", "core.api"),
    ("core.bootstrap",),
    ("core.studies",),
    ("core.emergency",),
    ("core.consult", "core.site_rules", "core.bulk"),
    ("core.call",),
    (
        "core.deid",
        "core.prompting",
        "core.reference",
        "core.library",
        "core.gateway",
        "core.audit",
        "core.vault",
        "core.auth",
        "core.analytics",
        "core.settings",
    ),
    ("core.consultation",),
    ("core.model", "core.assessment"),
    ("core.errors",),
)
HOMES: dict[str, tuple[str, ...]] = {
    "streamlit": ("app", "serve", "pages.", "core.ui."),
    "altair": ("pages.", "core.ui."),
    "httpx": ("core.gateway.", "core.auth.oidc"),
    "httpcore": ("core.gateway.",),
    "sqlalchemy": ("core.audit.store", "core.vault.store", "core.gateway.store"),
    "authlib": ("core.auth.", "core.api."),
    "cryptography": ("core.audit.", "core.vault."),
    "onnxruntime": ("core.deid.tagger",),
    "pandas": ("core.analytics.", "core.studies.report", "core.ui.", "pages."),
    "starlette": ("app", "core.api."),
    "opentelemetry": ("core.api.telemetry",),
}
OPEN_PACKAGES = ("core.ui",)  # screens in parts: its sub-packages' doors and the desk's modules are open to pages
ENVIRONMENT_HOME = "core.settings"
CLEARING_HOME = "core.deid.preflight"
GUARD = "guard"


def sources() -> dict[str, str]:
    """Module name → source of everything that ships."""
    files = [ROOT / "app.py", ROOT / "serve.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "core").rglob("*.py")]
    return {_name(f): f.read_text() for f in files}


def _name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports(source: str) -> set[str]:
    """Every module that the source names in an import, wherever it stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@cache
def attributes(source: str) -> set[str]:
    """Every `name.attribute` in the source."""
    nodes = ast.walk(ast.parse(source))
    return {f"{n.value.id}.{n.attr}" for n in nodes if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)}


@cache
def called(source: str) -> set[str]:
    """The last name of everything that the source calls."""
    functions = [n.func for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call)]
    return {str(getattr(f, "id", getattr(f, "attr", ""))) for f in functions}


def unit(module: str) -> str | None:
    """The unit of LAYERS that a module belongs to; a command line is an entry to the house, like app."""
    if module.endswith(".__main__"):
        return "app"
    units = [u for row in LAYERS for u in row if module == u or module.startswith(u + ".")]
    return max(units, key=len, default=None)


def row(name: str) -> int:
    """Index of the layer a unit stands on; 0 is the top."""
    return next(i for i, names in enumerate(LAYERS) if name in names)


def layer_violations(code: dict[str, str]) -> Iterator[str]:
    """Imports that go up, or sideways between strangers, or past a package's front door."""
    for module, source in code.items():
        own = unit(module)
        if own is None:
            if module != "core":
                yield f"{module} has no layer"
            continue
        for target in imports(source):
            other = unit(target)
            if other is None or other == own:
                continue
            if row(other) <= row(own):
                yield f"{module} imports {target}"
            elif target != other and target in code and other not in OPEN_PACKAGES and module != f"{other}.__main__":
                yield f"{module} imports {target}, past the front door of {other}"


def home_violations(code: dict[str, str]) -> Iterator[str]:
    """Effects away from their homes."""
    for module, source in code.items():
        for library, homes in HOMES.items():
            used = any(t == library or t.startswith(library + ".") for t in imports(source))
            if used and not any(module == h.rstrip(".") or module.startswith(h) for h in homes):
                yield f"{module} imports {library}"
        names = attributes(source)
        if module != ENVIRONMENT_HOME and names & {"os.environ", "os.getenv"}:
            yield f"{module} reads the environment"


def clearing_violations(code: dict[str, str]) -> Iterator[str]:
    """Anybody but preflight who makes a ClearedPrompt."""
    for module, source in code.items():
        if "ClearedPrompt" in called(source) and module != CLEARING_HOME:
            yield f"{module} makes a ClearedPrompt"


def guard_violations(code: dict[str, str]) -> Iterator[str]:
    """Pages whose first statement, after docstring and imports, is not the guard."""
    for module, source in code.items():
        if not module.startswith("pages."):
            continue
        body = [n for n in ast.parse(source).body if not isinstance(n, (ast.Import, ast.ImportFrom)) and not _is_docstring(n)]
        if not body or GUARD not in ast.unparse(body[0]).split("(")[0]:
            yield f"{module} does not begin with its guard"


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def cycles(code: dict[str, str]) -> Iterator[str]:
    """A ring of modules that import each other at load time."""
    graph = {m: {t for t in load_time_imports(s, frozenset(code)) if t != m} for m, s in code.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield " → ".join(error.args[1])


@cache
def load_time_imports(source: str, modules: frozenset[str]) -> frozenset[str]:
    """Which of `modules` the source imports when it is loaded; `from package import module` counts for the module."""
    found = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            full = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= full & modules or {node.module}
    return frozenset(found & modules)


def violations(code: dict[str, str]) -> list[str]:
    """Everything that breaks the house rules."""
    return [v for rule in (layer_violations, home_violations, clearing_violations, guard_violations, cycles) for v in rule(code)]


def test_the_house_stands() -> None:
    """The shipped code keeps every rule."""
    assert violations(sources()) == []


PLANTED = {
    "upward": ("core.deid.engine", "from core.consult import prepare", "core.deid.engine imports core.consult"),
    "sideways": ("core.audit.log", "import core.vault", "core.audit.log imports core.vault"),
    "in a function": ("core.model", "def f():\n    from core.gateway import Gateway", "core.model imports core.gateway"),
    "past the front door": ("core.consult", "from core.deid.engine import detect", "past the front door"),
    "streamlit at home nowhere": ("core.deid.engine", "import streamlit as st", "imports streamlit"),
    "httpx in a page": ("pages.x", "import httpx\nguard()", "imports httpx"),
    "environment": ("core.gateway.keys", "import os\nKEY = os.environ['K']", "reads the environment"),
    "cleared by the gateway": ("core.gateway.gateway", "x = ClearedPrompt(p, b, 'v')", "makes a ClearedPrompt"),
    "cleared through a module": ("core.consult", "import core.model as m\nx = m.ClearedPrompt(p, b, 'v')", "makes a ClearedPrompt"),
    "unguarded page": ("pages.y", "import streamlit as st\nst.title('x')", "does not begin with its guard"),
    "guard too late": ("pages.z", "import streamlit as st\nst.title('x')\nguard(1)", "does not begin with its guard"),
    "homeless": ("core.utils", "x = 1", "core.utils has no layer"),
}


@pytest.mark.parametrize(("module", "source", "message"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_violation_is_caught(module: str, source: str, message: str) -> None:
    """Each rule fires on a violation of it."""
    planted = sources() | {"core.deid.engine": "", "core.model": ""} | {module: source}
    assert any(message in v for v in violations(planted))


def test_a_planted_cycle_is_caught() -> None:
    """Two modules of one package that import each other are found."""
    planted = {"core.deid.a": "import core.deid.b", "core.deid.b": "import core.deid.a"}
    assert any("core.deid.a" in v and "→" in v for v in cycles(planted))
