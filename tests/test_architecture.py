"""The house rules of docs/architecture.md: what may import what."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "marchapp"
FEATURES = {
    "accounts",
    "marches",
    "registration",
    "rosters",
    "attendance",
    "tracks",
    "mail",
    "files",
    "printing",
    "border",
    "operating",
    "audit",
    "health",
    "retention",
}
SHARED = {"mail", "files"}  # features that others use, all but their views and their worker
PURE = {"numpy", "shapely", "gpxpy", "fitdecode", "ortools"}
WEB_STATE = {"request", "g", "session", "current_user"}


def modules(folder: str) -> list[Path]:
    return sorted((PACKAGE / folder).rglob("*.py"))


def imports_of(file: Path) -> Iterator[tuple[str, str]]:
    """Yield (module, imported name) for every import of a file, those within functions included."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            yield from ((node.module or "", alias.name) for alias in node.names)


def foreign(file: Path) -> set[str]:
    import sys

    tops = {module.partition(".")[0] for module, _ in imports_of(file)}
    return tops - set(sys.stdlib_module_names) - {"marchapp"}


def own(file: Path) -> set[str]:
    return {
        f"{module}.{name}" if (PACKAGE.parent / module.replace(".", "/")).is_dir() and name else module
        for module, name in imports_of(file)
        if module.partition(".")[0] == "marchapp"
    }


@pytest.mark.parametrize("file", modules("geo"), ids=lambda file: file.name)
def test_geo_knows_nothing_of_the_web(file: Path) -> None:
    assert foreign(file) <= PURE
    assert all(module.startswith("marchapp.geo") for module in own(file))


ASSIGNMENT = [PACKAGE / "rosters" / "assignment.py", *modules("rosters/assigning")]


@pytest.mark.parametrize("file", ASSIGNMENT, ids=lambda file: file.name)
def test_the_assignment_knows_nothing_of_the_web(file: Path) -> None:
    assert foreign(file) <= PURE
    assert all(module.startswith("marchapp.rosters.assigning") for module in own(file))


@pytest.mark.parametrize("file", modules("commands"), ids=lambda file: file.name)
def test_commands_need_no_web_and_no_database(file: Path) -> None:
    pure = ("marchapp.commands", "marchapp.geo", "marchapp.rosters.assign")
    assert foreign(file) <= PURE
    assert all(module.startswith(pure) for module in own(file))


@pytest.mark.parametrize("file", modules("paper"), ids=lambda file: file.name)
def test_papers_know_only_what_stands_on_them(file: Path) -> None:
    assert foreign(file) <= {"fpdf", "fontTools", "segno"}
    assert all(module.startswith("marchapp.paper") for module in own(file))


@pytest.mark.parametrize("file", modules("models"), ids=lambda file: file.name)
def test_models_import_only_extensions_and_the_vault_that_their_columns_use(file: Path) -> None:
    allowed = ("marchapp.models", "marchapp.extensions", "marchapp.vault")
    assert all(module.startswith(allowed) for module in own(file))


@pytest.mark.parametrize("feature", sorted(FEATURES))
def test_features_do_not_import_each_other(feature: str) -> None:
    others = FEATURES - {feature} - SHARED
    for file in modules(feature):
        for module in own(file):
            assert not module.startswith(tuple(f"marchapp.{other}" for other in others)), f"{file}: {module}"
            for shared in SHARED - {feature}:
                inner = (f"marchapp.{shared}.views", f"marchapp.{shared}.worker")
                assert not module.startswith(inner), f"{file}: {module}"


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("services.py")), ids=lambda file: file.parent.name)
def test_services_take_plain_values(file: Path) -> None:
    flask = {
        name for module, name in imports_of(file) if module in {"flask", "flask_security", "flask_login"}
    }
    assert not flask & WEB_STATE
    assert not any(module.endswith(".forms") for module in own(file))


def test_only_app_and_its_commands_know_every_feature() -> None:
    knowing = {
        file.name
        for file in PACKAGE.glob("*.py")
        if any(
            module.startswith(tuple(f"marchapp.{feature}." for feature in FEATURES)) for module in own(file)
        )
    }
    assert knowing <= {"app.py", "cli.py", "serve.py"}
