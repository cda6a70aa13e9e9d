"""Names as they are compared and searched: without case, accents, hyphens and apostrophes."""

import re
from collections.abc import Iterable
from unicodedata import combining, normalize

WORD_LENGTH = 40
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


def without_names(text: str, names: Iterable[str]) -> str:
    """Return a text with a dash where it held one of these names.

    >>> without_names("Kari Nilsen has lost her cap", ["Kari Nilsen"])
    '– has lost her cap'
    """
    for name in names:
        text = text.replace(name, "–")
    return text


# Cyrillic letters in Latin ones, as `sound` goes on with them; hard and soft signs are not heard.
LATIN_LETTERS = str.maketrans(
    dict(zip("абвгґдеєзиіїклмнопрстуфхыэ", "abvggdeeziiiklmnoprstufhye", strict=True))
    | {"ж": "zh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya", "ъ": "", "ь": ""}
)
# How names are written in several languages and passports, and what all of it becomes. In this order.
SAME_SOUNDS = tuple(
    (re.compile(written), sound)
    for written, sound in (
        ("shch|schtsch|sjtsj", "s"),
        ("tsch|tsj|tch", "k"),
        ("sch|skj|sh|sj|zh|zj", "s"),
        ("ch|ck|q", "k"),
        ("ts|tz|z", "s"),
        ("kh", "h"),
        ("ph", "f"),
        ("th", "t"),
        ("c(?=[eiy])", "s"),
        ("c", "k"),
        ("x", "ks"),
        ("w", "v"),
        ("ae", "e"),
        ("oe", "o"),
        ("(?<=[bdfgklmnprstv])yo", "e"),
        ("(?<=[lmnprst])jo", "e"),  # not after b and f: Bjørn and Fjord are no Russian names
        ("[yj]", "i"),
        ("h(?![aeiou])", ""),
        (r"(.)\1+", r"\1"),
        ("ie", "e"),
    )
)


def sound(word: str) -> str:
    """Return what a folded word sounds like, the same for most ways to write a name in either script.

    >>> {sound(word) for word in ("юлия", "yuliya", "julija", "iuliia", "julia")}
    {'iulia'}
    >>> {sound(word) for word in ("петр", "petr", "pyotr", "pjotr")}
    {'petr'}
    """
    heard = word.translate(LATIN_LETTERS)
    for written, short in SAME_SOUNDS:
        heard = written.sub(short, heard)
    return heard or word


def search_words(given_name: str, family_name: str, native_name: str, reference: str) -> list[str]:
    """Return the words under which somebody is searched, each once.

    >>> search_words("Kari", "Bjørn-Hansen", "", "K7F-2M9-Q4T")
    ['kari', 'bjorn', 'hansen', 'k7f2m9q4t']
    """
    words = [*folded_words(f"{given_name} {family_name} {native_name}"), "".join(folded_words(reference))]
    return list(dict.fromkeys(word[:WORD_LENGTH] for word in words if word))


def words_of_belonging(*texts: str) -> list[str]:
    """Return the words by which people are found where they belong, 7B also as 7 and B.

    >>> words_of_belonging("Fjordbotn skole", "7B")
    ['fjordbotn', 'skole', '7b', '7', 'b']
    """
    words = folded_words(" ".join(texts))
    parts = [part for word in words for part in re.findall(r"\d+|[^\W\d_]+", word)]
    return list(dict.fromkeys(word[:WORD_LENGTH] for word in (*words, *parts)))


def columns_of_word(word: str) -> dict[str, str]:
    """Return a word with what is heard of it, forwards and backwards, as the database keeps it."""
    heard = sound(word)[:WORD_LENGTH]
    return {"word": word, "heard": heard, "backwards": heard[::-1]}
