"""Check that every text of the program stands in every language: `python -m tools.check_translations`."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
TRANSLATIONS = ROOT / "marchapp" / "translations"
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%%")


def texts_of_the_program() -> Catalog:
    """Return every text that the program marks for translation, as `make messages` finds them."""
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "messages.pot"
        extract = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract"]
        options = ["-F", str(ROOT / "babel.cfg"), "-k", "_l", "-o", str(template), "."]
        subprocess.run([*extract, *options], cwd=ROOT, check=True)
        with template.open("rb") as file:
            return read_po(file)


def faults(texts: Catalog, language: str) -> Iterator[str]:
    """Yield what a language lacks: texts without translation, doubtful ones, placeholders that differ."""
    with (TRANSLATIONS / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        translated = read_po(file, locale=language)
    for text in texts:
        if not text.id:
            continue
        found = translated.get(text.id, text.context)
        if found is None or not all(_strings(found.string)) or "fuzzy" in found.flags:
            yield f"{language}: not translated: {_first(text)!r}"
        elif len(_strings(found.string)) != (translated.num_plurals if text.pluralizable else 1):
            yield f"{language}: plural forms missing: {_first(text)!r}"
        elif any(
            _placeholders(string) - _placeholders(*_strings(text.id)) for string in _strings(found.string)
        ):
            yield f"{language}: another placeholder: {_first(text)!r}"


def _strings(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ("",))  # type: ignore[call-overload]


def _first(text: Message) -> str:
    return _strings(text.id)[0]


def _placeholders(*strings: str) -> set[str]:
    return {match.group(1) for string in strings for match in PLACEHOLDER.finditer(string)}


def main() -> int:
    texts = texts_of_the_program()
    languages = sorted(folder.name for folder in TRANSLATIONS.iterdir() if folder.is_dir())
    found = [fault for language in languages for fault in faults(texts, language)]
    for fault in found:
        print(fault)
    print(f"{len(list(texts))} texts, languages: {', '.join(languages)}; {len(found)} faults.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
