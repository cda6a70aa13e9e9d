"""How old walkers of each category are, counted on the first day of the march."""

from dataclasses import dataclass
from datetime import date, timedelta

from marchapp.models import Category
from marchapp.models.march import years_before

OLDEST = 100  # whoever seems older has mistyped the year


@dataclass(frozen=True)
class Ages:
    """The youngest and the oldest who walk in a category, in whole years."""

    youngest: int
    oldest: int = OLDEST


# School begins about 6 and upper secondary school ends about 19. The others are grown-ups: nobody younger
# holds an office or serves at the border.
AGES = {
    Category.SCHOOLCHILD: Ages(6, 19),
    Category.OFFICIAL: Ages(18),
    Category.BORDER_GUARD: Ages(18),
    Category.WALKER: Ages(0),
}


def birth_dates(category: Category, *, first_day: date) -> tuple[date, date]:
    """Return the first and the last birth date of those who are of the right age.

    >>> birth_dates(Category.SCHOOLCHILD, first_day=date(2014, 9, 17))
    (datetime.date(1994, 9, 18), datetime.date(2008, 9, 17))
    """
    ages = AGES[category]
    too_old = years_before(first_day, ages.oldest + 1)
    return too_old + timedelta(days=1), years_before(first_day, ages.youngest)
