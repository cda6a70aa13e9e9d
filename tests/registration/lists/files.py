"""Lists as programs write them: workbooks and CSV files made on the spot."""

import csv
from collections.abc import Sequence
from io import BytesIO, StringIO
from typing import Any

from openpyxl import Workbook

CHILD = {
    "Given name": "Kari",
    "Family name": "Hansen",
    "Birth date": "17.05.2001",
    "Country": "Norway",
    "Name of guardian 1": "Siri Hansen",
    "Phone of guardian 1": "406 00 002",
    "E-mail of guardian 1": "siri@example.org",
}
GIVEN_NAMES = ("Aksel", "Bjarte", "Cecilie", "Dagny", "Eirik", "Frida", "Guro", "Hedda", "Ivar", "Jonas")


def children(count: int, **changed: Any) -> list[dict[str, Any]]:
    """Return rows about so many different children."""
    return [
        CHILD
        | {
            "Given name": GIVEN_NAMES[number % 10],
            "Family name": f"Hansen{'abcdefghij'[number // 10 % 10] * (1 + number // 100)}",
        }
        | changed
        for number in range(count)
    ]


def workbook(rows: Sequence[dict[str, Any]], *, above: Sequence[Sequence[Any]] = ()) -> bytes:
    """Return an XLSX file whose headings are the keys of the first row, with some lines above them."""
    book = Workbook()
    for line in (*above, list(rows[0]), *(list(row.values()) for row in rows)):
        book.active.append(list(line))
    return content_of(book)


def content_of(book: Workbook) -> bytes:
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def csv_file(rows: Sequence[dict[str, str]], *, separator: str = ";", encoding: str = "utf-8") -> bytes:
    text = StringIO()
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(rows[0])
    writer.writerows(row.values() for row in rows)
    return text.getvalue().encode(encoding)
