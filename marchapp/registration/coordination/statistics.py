def statistics(slug: str) -> str:
    return ""
