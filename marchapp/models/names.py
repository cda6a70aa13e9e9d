"""Names as they are compared and searched: without case, accents, hyphens and apostrophes."""

import re
from unicodedata import combining, normalize

APOSTROPHES = str.maketrans("", "", "'’ʼ`´")
# Letters that Unicode does not take apart into a plain letter and an accent.
PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ŋ": "n", "ŧ": "t", "ħ": "h"}
)


def folded_words(text: str) -> list[str]:
    """Return the words of a text as they are compared, in any script.

    >>> folded_words("Bjørn-Åge O’Brien Ёлкина")
    ['bjorn', 'age', 'obrien', 'елкина']
    """
    taken_apart = normalize("NFKD", text.casefold().translate(APOSTROPHES).translate(PLAIN_LETTERS))
    return re.findall(r"[^\W_]+", "".join(sign for sign in taken_apart if not combining(sign)))


def name_key(given_name: str, family_name: str) -> str:
    """Return what two spellings of the same name in Latin letters have in common.

    >>> name_key("Anne-Marie", "Sørby") == name_key("Anne Marie", "SORBY")
    True
    """
    return "".join(folded_words(f"{given_name} {family_name}"))


def search_key(*texts: str) -> str:
    """Return the words of several texts as one, each after a space, for a search by beginnings of words.

    >>> search_key("Kari", "Мария")
    ' kari мария'
    """
    return "".join(f" {word}" for word in folded_words(" ".join(texts)))
