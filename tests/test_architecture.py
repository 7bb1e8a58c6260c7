"""The shape of the program: who imports whom, what starts quickly, what is never used, what is documented."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import vae.ui

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "vae"

# Who may import whom, within vae. A new module needs a line here and one in vae/__init__.py.
LIVE = {"models", "losses", "counters", "engines", "batching"}
ALLOWED: dict[str, set[str]] = {
    "pictures": set(),
    "data": {"pictures"},
    "models": set(),
    "losses": {"models"},
    "latents": {"models", "losses"},
    "samplers": {"models"},
    "metrics": {"models", "losses", "latents"},
    "disentanglement": {"models"},
    "scores": {"data", "models", "latents", "samplers", "metrics", "disentanglement"},
    "parallel": set(),
    "parts": set(),
    "priority": set(),
    "allocation": set(),
    "checkpoints": {"models", "losses", "latents", "parts"},
    "steps": {"data", "models", "losses", "parallel"},
    "films": {"data", "models", "losses", "latents"},
    "training": {"data", "models", "losses", "latents", "metrics", "checkpoints", "parallel", "steps", "films"},
    "runs": {"parts"},
    "runner": {
        "priority",
        "allocation",
        "runs",
        "data",
        "models",
        "losses",
        "checkpoints",
        "films",
        "steps",
        "training",
    },
    "forces": set(),
    "umap": set(),
    "projections": {"forces", "umap"},
    "projector": {"priority", "projections"},
    "layouts": {"parts", "projections", "projector"},
    "figures": set(),
    "counters": set(),
    "engines": LIVE - {"engines", "batching"},
    "batching": LIVE - {"batching"},
    "live": LIVE,
    "maps": {"engines", "latents", "layouts", "live", "projections"},
    "screenings": {"films", "live", "runs"},
    "bench": set(),
    "bench.machine": set(),
    "bench.live": {"bench.machine", "bench.sessions", "live", "models", "runs"},
    "bench.train": {"allocation", "data", "models", "latents", "metrics", "steps", "training"},
    "bench.run": {"bench.live", "checkpoints", "data", "films", "models", "runs", "steps", "training"},
    "bench.sessions": set(),
    "bench.browser": {"bench.live"},
    "bench.classroom": {"bench.live", "bench.sessions", "runs"},
    "bench.project": {"checkpoints", "metrics", "projections", "projector"},
    "bench.map": {"bench.browser", "bench.live", "models"},
}
ENGINE = {name for name in ALLOWED if not name.startswith("bench")}
UI = ("loaders", "links", "scripts", "page")  # what the pages share, in this order
for place, name in enumerate(UI):
    ALLOWED[f"ui.{name}"] = ENGINE | {f"ui.{above}" for above in UI[:place]}
SHARED = ENGINE | {f"ui.{name}" for name in UI}
for name in ("explore", "latent_map", "sampling", "reconstruction", "training"):
    ALLOWED[f"ui.{name}"] = SHARED
ALLOWED["ui.interpolation"] = SHARED | {"ui.reconstruction"}
ALLOWED["ui.serving"] = SHARED | {"ui.latent_map", "ui.training"}
ALLOWED["ui"] = set()
ALLOWED["__main__"] = {name for name in ALLOWED if not name.startswith("ui")}
PAGE = {name for name in ALLOWED if name.startswith("ui.")} - {"ui.serving"}
APP = {"ui.page", "ui.serving"}

# Imported where they are used: each costs start-up time.
SLOW = ("torchvision", "sklearn", "scipy", "pandas", "plotly", "PIL", "streamlit", "playwright")
UNPICKLERS = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}


def module_name(path: Path) -> str:
    """vae/bench/live.py -> bench.live; vae/bench/__init__.py -> bench."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
MODULES = {name: path for name, path in FILES.items() if name}
PAGES = {path.name: path for path in sorted((ROOT / "pages").glob("*.py"))}
SCRIPTS = {"app.py": ROOT / "app.py", **PAGES}
EVERYTHING = {**{f"vae/{name}": path for name, path in FILES.items()}, **SCRIPTS}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def imports(path: Path) -> set[str]:
    """Full names of all that a file imports, also inside functions: vae.models, numpy, …"""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            assert node.module is not None
            below = {f"{node.module}.{alias.name}" for alias in node.names}
            modules = {name for name in below if name.removeprefix("vae.") in MODULES}
            found |= modules or {node.module}
    return found


def own_imports(path: Path) -> set[str]:
    """Modules of vae that a file imports: models, bench.live, …"""
    return {name.removeprefix("vae.") for name in imports(path) if name.split(".")[0] == "vae"}


def top_levels(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


# ---- who imports whom ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_only_what_it_may(name: str) -> None:
    assert name in ALLOWED, f"vae.{name} is new: say in ALLOWED what it may import"
    assert own_imports(MODULES[name]) <= ALLOWED[name]


def test_every_line_of_the_table_is_a_module() -> None:
    assert set(ALLOWED) == set(MODULES)


def test_the_table_has_no_cycle() -> None:
    placed: set[str] = set()
    while len(placed) < len(ALLOWED):
        ready = {name for name, needs in ALLOWED.items() if needs <= placed} - placed
        assert ready, f"these import each other in a circle: {set(ALLOWED) - placed}"
        placed |= ready


# A package, and how its modules' names begin.
IN_ORDER = [(vae, ""), (vae.ui, "ui.")]


def listed(package: ModuleType, prefix: str) -> list[str]:
    """The modules in the order of the package's docstring."""
    lines = (package.__doc__ or "").splitlines()[1:]
    return [prefix + line.split()[0] for line in lines if line and not line.startswith(" ")]


@pytest.mark.parametrize(("package", "prefix"), IN_ORDER)
def test_a_package_s_docstring_has_a_line_for_every_module(package: ModuleType, prefix: str) -> None:
    inside = {name for name in MODULES if name.startswith(prefix) and "." not in name.removeprefix(prefix)}
    assert sorted(listed(package, prefix)) == sorted(inside - {"__main__"})


@pytest.mark.parametrize(("package", "prefix"), IN_ORDER)
def test_each_module_imports_only_from_those_above_it_in_its_package_s_docstring(
    package: ModuleType, prefix: str
) -> None:
    order = listed(package, prefix)
    for place, name in enumerate(order):
        below = own_imports(MODULES[name]) & set(order[place:])
        assert not below, f"vae.{name} stands above {below}, which it imports"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_imports_only_what_pages_may_and_no_other_page(name: str) -> None:
    assert own_imports(PAGES[name]) <= PAGE
    assert top_levels(PAGES[name]).isdisjoint({"app", "pages", "runpy", "importlib"})


def test_the_home_page_imports_only_what_it_may() -> None:
    assert own_imports(SCRIPTS["app.py"]) <= APP


# The first two speak its protocol from outside.
KNOW_STREAMLIT = {"bench.sessions", "bench.classroom"} | {name for name in MODULES if name.startswith("ui.")}


@pytest.mark.parametrize("name", [name for name in MODULES if name not in KNOW_STREAMLIT])
def test_only_ui_and_the_pages_know_streamlit(name: str) -> None:
    assert "streamlit" not in top_levels(MODULES[name])


@pytest.mark.parametrize("name", FILES)
def test_the_package_does_not_know_the_pages(name: str) -> None:
    assert top_levels(FILES[name]).isdisjoint({"app", "pages"})


# ---- what starts quickly ---------------------------------------------------------------------------------------------


def test_importing_the_engine_imports_nothing_slow_beyond_torch() -> None:
    names = [f"vae.{name}" for name in MODULES if not name.startswith(("ui", "bench"))]
    program = f"""
import importlib, json, sys
import numpy, safetensors, torch
before = set(sys.modules)
for name in {names!r}:
    importlib.import_module(name)
print(json.dumps(sorted({{name.split(".")[0] for name in set(sys.modules) - before}})))
"""
    output = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(json.loads(output.stdout))
    assert "vae" in loaded
    assert loaded.isdisjoint(SLOW)


def test_the_command_line_runs_on_a_machine_that_has_no_web_server() -> None:
    program = """
import sys
sys.modules.update({"starlette": None, "streamlit": None, "uvicorn": None, "websockets": None})  # not installed
from vae.__main__ import main
sys.exit(main(["list", "--checkpoints", "nowhere"]))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]


# ---- what is never used ----------------------------------------------------------------------------------------------


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call with its dotted name: torch.load, eval, …"""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


@pytest.mark.parametrize("name", EVERYTHING)
def test_nothing_is_ever_unpickled_or_executed(name: str) -> None:
    path = EVERYTHING[name]
    assert top_levels(path).isdisjoint(UNPICKLERS)
    for called, node in calls(path):
        where = f"{path}:{node.lineno}"
        assert called not in {"eval", "exec", "compile", "__import__", "torch.load", "torch.jit.load"}, where
        for keyword in node.keywords:
            if keyword.arg == "allow_pickle":
                assert isinstance(keyword.value, ast.Constant), where
                assert keyword.value.value is False, where


# ---- what is documented ----------------------------------------------------------------------------------------------

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def definitions(body: list[ast.stmt], inside: str = "") -> Iterator[tuple[str, Definition]]:
    """Functions and classes of a module, methods included, functions within functions not."""
    for node in body:
        if isinstance(node, Definition):
            yield f"{inside}{node.name}", node
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield from definitions(node.body, f"{node.name}.")


@pytest.mark.parametrize("name", FILES)
def test_every_public_name_says_what_it_is(name: str) -> None:
    module = tree(FILES[name])
    silent = [
        where
        for where, node in definitions(module.body)
        if not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert ast.get_docstring(module), "the module has no docstring"
    assert silent == []


@pytest.mark.parametrize("name", FILES)
def test_every_function_is_fully_annotated(name: str) -> None:
    for where, node in definitions(tree(FILES[name]).body):
        if isinstance(node, ast.ClassDef):
            continue
        spec = node.args
        arguments = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *filter(None, (spec.vararg, spec.kwarg))]
        bare = [a.arg for a in arguments if a.annotation is None and a.arg not in {"self", "cls"}]
        assert bare == [], where
        assert node.returns is not None, where


def test_the_licence_of_every_requirement_is_documented() -> None:
    documented = (ROOT / "docs" / "licences.md").read_text("utf-8")
    for requirement in (ROOT / "requirements.txt").read_text("utf-8").split():
        assert requirement.replace("==", " ") in documented
