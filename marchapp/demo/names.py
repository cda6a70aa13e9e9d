"""Names that people of both countries might have, and how Russian ones are written in a passport."""

from collections.abc import Callable
from dataclasses import dataclass

# ICAO Doc 9303 part 3, as Russian passports write names since 2014; ь is left out.
LATIN = dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", [
    "a", "b", "v", "g", "d", "e", "e", "zh", "z", "i", "i", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u",
    "f", "kh", "ts", "ch", "sh", "shch", "ie", "y", "", "e", "iu", "ia",
], strict=True))  # fmt: skip
ASCII = str.maketrans({"æ": "ae", "ø": "o", "å": "a", " ": "."})


def womens_form(family: str) -> str:
    """Return the form that a woman bears of a Russian family name.

    >>> womens_form("Козлов"), womens_form("Успенский")
    ('Козлова', 'Успенская')
    """
    return family[:-2] + "ая" if family.endswith("ий") else family + "а"


@dataclass(frozen=True)
class NameBook:
    """Names of one country, and what becomes of a family name when a woman bears it."""

    women: tuple[str, ...]
    men: tuple[str, ...]
    families: tuple[str, ...]
    womens_form: Callable[[str], str] = str


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


NORWEGIAN = NameBook(
    women=_words(
        """
        Anna Astrid Bjørg Eline Frida Guro Hedda Hilde Ida Ingrid Kaja Kari Liv Maja Marte Nora Ragnhild
        Sigrid Silje Solveig Sunniva Tiril Turid Vilde Åse
        """
    ),
    men=_words(
        """
        Aksel Arne Bjørn Eirik Emil Even Geir Gunnar Håkon Ivar Jonas Jørgen Kjell Lars Leif Magnus
        Mathias Odd Oskar Sander Sivert Steinar Tor Trygve Ådne
        """
    ),
    families=_words(
        """
        Aune Bakken Berg Bjørnstad Brekke Dahl Eide Elvestad Fjellheim Furuseth Granli Haugen Holmen
        Johansen Karlsen Kvalsund Lillebø Lund Mikkelsen Moen Myhre Nygård Nilsen Olsen Pedersen
        Rasmussen Rønning Sandvik Skogstad Solbakken Strand Sæther Tangen Vik Viken Ødegård Østby Åsen
        """
    ),
)
RUSSIAN = NameBook(
    women=_words(
        """
        Алёна Алина Анастасия Валентина Вера Виктория Галина Дарья Евгения Екатерина Елизавета Ирина
        Ксения Любовь Людмила Маргарита Мария Наталья Ольга Полина Светлана София Татьяна Ульяна Юлия
        """
    ),
    men=_words(
        """
        Алексей Андрей Антон Артём Владимир Вячеслав Григорий Денис Дмитрий Егор Захар Игорь Илья Кирилл
        Константин Максим Михаил Никита Олег Павел Роман Сергей Степан Тимофей Юрий
        """
    ),
    families=_words(
        """
        Афанасьев Белов Березин Воробьёв Горшков Гусев Денисов Ершов Жуков Зайцев Зимин Ильин Калинин
        Киселёв Козлов Комаров Крылов Кузьмин Лебедев Макаров Мельников Морозов Никитин Орлов Панфилов
        Поляков Рябов Савельев Северин Сорокин Субботин Тихонов Успенский Фёдоров Холодов Цветков
        Чернышов Щербаков Юдин Яковлев
        """
    ),
    womens_form=womens_form,
)


def passport_name(cyrillic: str) -> str:
    """Write a Russian name in Latin letters as a passport does.

    >>> passport_name("Юлия Щербакова"), passport_name("Игорь")
    ('Iuliia Shcherbakova', 'Igor')
    """
    return "".join(LATIN.get(letter, letter) for letter in cyrillic.lower()).title()


def mailbox(name: str) -> str:
    """Write a Latin name as the part of an e-mail address before the @.

    >>> mailbox("Åse Bjørnstad")
    'ase.bjornstad'
    """
    return name.lower().translate(ASCII)
