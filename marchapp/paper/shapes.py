"""The sign of each category, as everywhere: circle, square, triangle, and a lozenge for all others."""

from marchapp.paper.frame import INK, Paper


def draw_sign(paper: Paper, category: str, *, left: float, top: float, size: float) -> None:
    """Draw the sign of a category, filled, in a box of `size` mm."""
    paper.set_fill_color(*INK)
    right, bottom, middle, centre = left + size, top + size, left + size / 2, top + size / 2
    match category:
        case "schoolchild":
            paper.ellipse(left, top, size, size, style="F")
        case "official":
            inset = size * 0.05
            paper.rect(left + inset, top + inset, size - 2 * inset, size - 2 * inset, style="F")
        case "border_guard":
            paper.polygon([(middle, top), (right, bottom), (left, bottom)], style="F")
        case _:
            paper.polygon([(middle, top), (right, centre), (middle, bottom), (left, centre)], style="F")
