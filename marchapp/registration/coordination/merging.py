def duplicates(slug: str) -> str:
    return ""
