"""How groups, categories and documents are named in files and on papers, in the language of the context."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marchapp.models import Category, DocumentKind, Group

CATEGORIES = {
    Category.SCHOOLCHILD: _l("Schoolchild"),
    Category.OFFICIAL: _l("Official"),
    Category.BORDER_GUARD: _l("Border guard"),
    Category.WALKER: _l("Walker"),
}
DOCUMENTS = {
    DocumentKind.PASSPORT: _l("Passport"),
    DocumentKind.VISA: _l("Visa"),
    DocumentKind.BORDER_PERMIT: _l("Local border traffic permit"),
}


def group_name(group: Group) -> str:
    """Name a group by its number, and by its name if it has one."""
    if group.name:
        return _("Group %(number)s, %(name)s", number=group.number, name=group.name)
    return _("Group %(number)s", number=group.number)
