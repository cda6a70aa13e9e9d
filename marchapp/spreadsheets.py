"""What every spreadsheet that we write has in common."""

BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes UTF-8 for something else
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def harmless(cell: str) -> str:
    """Keep a spreadsheet from calculating what somebody wrote: https://owasp.org/www-community/attacks/CSV_Injection.

    >>> harmless("=1+1"), harmless("Kari")
    ("'=1+1", 'Kari')
    """
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell
