"""The forms of a page, as a browser would send them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

SENT_AS_CHOSEN = {"checkbox", "radio"}
NOT_SENT = {"submit", "button", "reset", "image", "file"}


@dataclass
class PageForm:
    """Where a form goes, and what it would send untouched; `free` names what somebody types.

    `unmarked` holds the first of the boxes of each name, where a name has none that is ticked.
    """

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    free: set[str] = field(default_factory=set)
    boxes: dict[str, str] = field(default_factory=dict)

    @property
    def unmarked(self) -> dict[str, str]:
        return {name: value for name, value in self.boxes.items() if name not in self.values}

    def add(self, name: str, value: str) -> None:
        self.values.setdefault(name, []).append(value)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self._open: PageForm | None = None
        self._select, self._options, self._area = "", [], ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self._open = PageForm(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._open)
        elif self._open is None or (not name and tag != "option"):
            return
        elif tag == "input":
            self._read_input(name, given)
        elif tag == "textarea":
            self._area = name
            self._open.free.add(name)
            self._open.add(name, "")
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "option" and self._select:
            self._options.append((given.get("value", ""), "selected" in given))

    def _read_input(self, name: str, given: dict[str, str]) -> None:
        assert self._open is not None
        kind = given.get("type", "text")
        if kind in SENT_AS_CHOSEN:
            self._open.boxes.setdefault(name, given.get("value", "on"))
        if kind in NOT_SENT or (kind in SENT_AS_CHOSEN and "checked" not in given):
            return
        if kind not in {*SENT_AS_CHOSEN, "hidden"}:
            self._open.free.add(name)
        self._open.add(name, given.get("value", "on" if kind in SENT_AS_CHOSEN else ""))

    def handle_data(self, data: str) -> None:
        if self._area and self._open:
            self._open.values[self._area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea":
            self._area = ""
        elif tag == "select" and self._open:
            chosen = [value for value, is_chosen in self._options if is_chosen]
            for value in chosen or [value for value, _ in self._options[:1]]:
                self._open.add(self._select, value)
            self._select = ""


def forms_of(page: str) -> list[PageForm]:
    reader = _Reader()
    reader.feed(page)
    return [form for form in reader.forms if form.method == "post"]
