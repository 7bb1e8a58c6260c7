"""The shape of the program: who imports whom, what starts quickly, what is never used, what is documented."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "vae"
MOST_ENTRIES = 9  # modules and packages in one folder, beside __init__.py
LONGEST_PAGE = 14  # lines of a script in pages/
# Imported where they are used: each costs start-up time.
SLOW = ("torchvision", "sklearn", "scipy", "pandas", "plotly", "PIL", "streamlit", "playwright", "yaml", "markdown_it")
UNPICKLERS = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
# They measure the app from outside, by Streamlit's own protocol.
SPEAK_STREAMLIT = {"bench.sessions", "bench.classroom"}


def module_name(path: Path) -> str:
    """vae/bench/live.py -> bench.live; vae/bench/__init__.py -> bench."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
MODULES = {name: path for name, path in FILES.items() if path.name != "__init__.py"}
PAGES = sorted((ROOT / "pages").glob("*.py"))
EVERYTHING = [*FILES.values(), *PAGES, ROOT / "app.py"]
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


@cache
def imports(path: Path) -> frozenset[str]:
    """Full names of all that a file imports, also inside functions: vae.model.losses, numpy, …"""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            assert node.module is not None
            below = {f"{node.module}.{alias.name}" for alias in node.names}
            modules = {name for name in below if name.removeprefix("vae.") in FILES}
            found |= modules or {node.module}
    return frozenset(found)


def own_imports(path: Path) -> set[str]:
    """Modules of vae that a file imports: model.losses, bench.live, …"""
    return {name.removeprefix("vae.") for name in imports(path) if name.startswith("vae.")}


def top_levels(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


# ---- who imports whom ------------------------------------------------------------------------------------------------


def listed(package: str) -> list[str]:
    """Modules and packages in the order of a package's docstring; names relative to vae."""
    lines = (ast.get_docstring(tree(FILES[package])) or "").splitlines()[1:]
    prefix = f"{package}." if package else ""
    return [prefix + line.split()[0] for line in lines if line and not line.startswith(" ")]


def packages() -> list[str]:
    return [name for name, path in FILES.items() if path.name == "__init__.py"]


def inside(package: str) -> set[str]:
    """What a package holds directly, names relative to vae."""
    prefix = f"{package}." if package else ""
    return {name for name in FILES if name.startswith(prefix) and name != package and "." not in name[len(prefix) :]}


def test_a_package_s_docstring_has_a_line_for_each_thing_in_it() -> None:
    for package in packages():
        held = inside(package) - {"__main__"} | (set() if package else {"frontend"})  # the latter is not Python
        assert sorted(listed(package)) == sorted(held)


def test_each_module_imports_only_from_those_above_it() -> None:
    """In the docstring of the package in which their ways part. This also rules out circles."""
    for package in packages():
        order = listed(package)
        for place, name in enumerate(order):
            below = tuple(f"{other}." for other in order[place + 1 :])
            for module in (module for module in MODULES if f"{module}.".startswith(f"{name}.")):
                wrong = {other for other in own_imports(MODULES[module]) if f"{other}.".startswith(below)}
                assert not wrong, f"vae.{module} imports {wrong}, which vae.{package} lists below {name}"


def test_a_package_has_no_code_of_its_own() -> None:
    """So that importing one of its modules loads that module alone."""
    for package in packages():
        assert len(tree(FILES[package]).body) == 1, f"vae.{package} has more than a docstring"


def test_a_folder_has_few_entries() -> None:
    for package in packages():
        if package:
            assert len(inside(package)) <= MOST_ENTRIES, f"vae.{package}: make a package of what belongs together"


def test_a_page_is_short_and_imports_only_from_ui() -> None:
    for path in PAGES:
        assert len(path.read_text("utf-8").splitlines()) <= LONGEST_PAGE, path.name
        assert all(name.startswith("ui.") for name in own_imports(path)), path.name
        assert "ui.serving.routes" not in own_imports(path), path.name
        assert top_levels(path).isdisjoint({"app", "pages", "runpy", "importlib"}), path.name


def test_the_home_page_imports_only_its_component_what_pages_share_and_the_routes() -> None:
    assert own_imports(ROOT / "app.py") <= {"ui.shared.page", "ui.pages.home.component", "ui.serving.routes"}


def test_only_ui_and_the_pages_know_streamlit() -> None:
    know = {name for name, path in MODULES.items() if "streamlit" in top_levels(path)}
    assert {name for name in know if not name.startswith("ui.")} <= SPEAK_STREAMLIT
    assert not any(name.startswith("ui.") for name in own_imports(FILES["__main__"]))


def test_the_package_does_not_know_the_pages() -> None:
    for name, path in FILES.items():
        assert top_levels(path).isdisjoint({"app", "pages"}), name


def test_a_test_module_imports_no_other() -> None:
    for path in TESTS:
        for name in imports(path):
            assert not any(part.startswith("test_") for part in name.split(".")), f"{path} imports {name}"
            assert not name.startswith("tests.") or name.startswith("tests.support"), f"{path} imports {name}"


# ---- what starts quickly ---------------------------------------------------------------------------------------------


def test_importing_the_engine_imports_nothing_slow_beyond_torch() -> None:
    names = [f"vae.{name}" for name in FILES if name and not name.startswith(("ui", "bench"))]
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


def test_nothing_is_ever_unpickled_or_executed() -> None:
    for path in EVERYTHING:
        assert top_levels(path).isdisjoint(UNPICKLERS), path
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


def test_every_public_name_says_what_it_is() -> None:
    for name, path in FILES.items():
        module = tree(path)
        named = [(where, node) for where, node in definitions(module.body) if not node.name.startswith("_")]
        assert ast.get_docstring(module), f"vae.{name} has no docstring"
        assert [where for where, node in named if not ast.get_docstring(node)] == [], name


def test_every_function_is_fully_annotated() -> None:
    found = (named for path in FILES.values() for named in definitions(tree(path).body))
    for where, node in found:
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
