"""Templates keep to the content policy, and name only files and icons that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PAGES = [path for path in TEMPLATES if "emails" not in path.parts]
STYLES = sorted((ROOT / "static").rglob("*.css"))
ICONS = (ROOT / "templates" / "macros" / "icons.html").read_text(encoding="utf-8")


def name_of(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_no_template_has_inline_styles_scripts_or_handlers(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=|<style|\son[a-z]+\s*=\s*[\"']|javascript:|hx-on", text)
    assert all("src=" in tag or "application/json" in tag for tag in re.findall(r"<script[^>]*>", text))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_static_file_and_icon_that_a_template_names_exists(path):
    text = path.read_text(encoding="utf-8")
    files = re.findall(r"""url_for\(["']static["'],\s*filename=["']([^"']+)["']\)""", text)
    assert [file for file in files if not (ROOT / "static" / file).is_file()] == []
    icons = re.findall(r"""\bicon\(["']([a-z_-]+)["']\)""", text)
    assert [icon for icon in icons if f'"{icon}":' not in ICONS] == []


@pytest.mark.parametrize("path", STYLES, ids=name_of)
def test_every_style_sheet_takes_its_files_from_here(path):
    addresses = re.findall(r"url\([\"']?([^\"')]+)", path.read_text(encoding="utf-8"))
    files = [address for address in addresses if not address.startswith(("data:", "#"))]
    assert [file for file in files if not (path.parent / file).is_file()] == []


def test_the_icons_that_the_macros_choose_by_kind_exist():
    for name in ("schoolchild", "official", "border_guard", "done", "warning", "info", "clock", "minus"):
        assert f'"{name}":' in ICONS
