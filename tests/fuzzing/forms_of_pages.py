"""The forms that pages show: where each is sent, and what its fields hold as they stand."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class ShownForm:
    """One form: the address that it is sent to, empty for that of its page, and its fields in order."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[ShownForm] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method", "").lower() == "post":
            self.forms.append(ShownForm(given.get("action", "")))
        if not self.forms:
            return
        if tag in ("input", "textarea", "button") and given.get("name"):
            self.forms[-1].fields.append((given["name"], given.get("value", "")))
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option" and self._select and ("selected" in given or not given.get("value")):
            self.forms[-1].fields.append((self._select, given.get("value", "")))


def forms_of(page: str) -> list[ShownForm]:
    reader = _Reader()
    reader.feed(page)
    return reader.forms
