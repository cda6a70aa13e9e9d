"""Make the typeface of printed papers: Inter in two weights, Latin and Cyrillic in one TrueType file each.

    python -m tools.pdf_font

Needs npm. fpdf2 embeds TrueType and wants all scripts in one file; the package has one file for each script.
"""

import subprocess
import tarfile
import tempfile
from pathlib import Path

from fontTools.merge import Merger
from fontTools.ttLib import TTFont

FONTS = Path(__file__).resolve().parent.parent / "marchapp" / "fonts"
PACKAGE, VERSION = "@fontsource/inter", "5.3.0"
SCRIPTS = ("latin", "latin-ext", "cyrillic")
WEIGHTS = {"regular": 400, "bold": 700}
SHAPING = ("GSUB", "GPOS", "GDEF", "STAT")  # ligatures and kerning, which the papers do without


def main() -> None:
    FONTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        package = fetch(Path(folder))
        for name, weight in WEIGHTS.items():
            parts = [
                without_shaping(package / "files" / f"inter-{script}-{weight}-normal.woff")
                for script in SCRIPTS
            ]
            Merger().merge(parts).save(FONTS / f"inter-{name}.ttf")
        (FONTS / "LICENSE.txt").write_bytes((package / "LICENSE").read_bytes())


def fetch(folder: Path) -> Path:
    """Fetch the package into a folder and return where its files are."""
    command = ["npm", "pack", "--silent", f"{PACKAGE}@{VERSION}"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / "package"


def without_shaping(woff: Path) -> str:
    """Unpack a font, leave out what only text shaping reads, and return where it was written."""
    font = TTFont(woff)
    font.flavor = None
    for table in SHAPING:
        if table in font:
            del font[table]
    target = woff.with_suffix(".ttf")
    font.save(target)
    return str(target)


if __name__ == "__main__":
    main()
