"""A comparison as one self-contained page of HTML: map, charts and tables, without network or script."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from html import escape

from marchapp.geo import pictures
from marchapp.geo.results import CheckpointPass, Comparison, OffRoute, iso_utc
from marchapp.geo.summary import VERDICTS

WIDE, NARROW = 1000, 340

STYLE = """
:root { --ink: #14273a; --snow: #fff; --ice: #eef3f7; --slate: #51657a; --edge: #c9d5df; --beacon: #c2410c;
  --near: #0b5c8a; --middle: #e0a100; --far: #d4562f; --farthest: #a3195b; --sea: #dfeaf1; --land: #f6f4ee; }
@media (prefers-color-scheme: dark) { :root {
  --ink: #e6edf3; --snow: #0e1822; --ice: #182633; --slate: #a4b5c4;
  --edge: #33475a; --beacon: #fb923c; --near: #6cb6e0; --middle: #e0a100; --far: #f47b4a; --farthest: #f472b0;
  --sea: #12202c; --land: #1c2a35; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1100px; padding: 16px; background: var(--snow); color: var(--ink);
  font: 17px/1.5 Inter, system-ui, sans-serif; font-variant-numeric: tabular-nums; }
h1 { font-size: 28px; line-height: 1.2; margin: 8px 0; } h2 { font-size: 21px; margin: 40px 0 8px; }
p { max-width: 70ch; margin: 8px 0; } .lead { font-size: 20px; } .quiet { color: var(--slate); }
figure { margin: 16px 0; } figcaption { color: var(--slate); font-size: 15px; }
svg { display: block; width: 100%; height: auto; } .map svg { background: var(--sea); border-radius: 8px; }
.narrow { display: none; }
@media (max-width: 640px) { .narrow { display: block; } .wide { display: none; } }
dl.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(140px, 1fr)); gap: 8px; }
dl.figures div { background: var(--ice); border-radius: 8px; padding: 8px 16px; }
dt { color: var(--slate); font-size: 15px; } dd { margin: 0; font-size: 21px; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 8px 16px 8px 0; border-bottom: 1px solid var(--edge); }
th, td { vertical-align: top; white-space: nowrap; }
th { font-weight: 600; font-size: 15px; } summary { cursor: pointer; min-height: 44px; line-height: 44px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; padding: 0; list-style: none; font-size: 15px; }
.legend svg { display: inline-block; width: 32px; height: 12px; margin-right: 6px; }
path { fill: none; stroke-linejoin: round; stroke-linecap: round; }
.land { fill: var(--land); fill-rule: evenodd; } .coast { stroke: var(--slate); stroke-width: .7; }
.borders { stroke: var(--slate); stroke-width: 1.2; stroke-dasharray: 8 4 1 4; }
.casing { stroke: var(--snow); stroke-width: 6; }
.planned { stroke: var(--ink); stroke-width: 2.5; opacity: .75; }
.missed { stroke: var(--ink); stroke-width: 3; stroke-dasharray: 7 6; stroke-linecap: butt; }
.no-data { stroke: var(--slate); stroke-width: 3; stroke-dasharray: 1 6; }
.track { stroke-width: 3; } .near { stroke: var(--near); } .middle { stroke: var(--middle); }
.far { stroke: var(--far); } .farthest { stroke: var(--farthest); }
.unknown { stroke: var(--slate); stroke-dasharray: 2 5; }
.flag circle { fill: var(--ink); stroke: var(--snow); stroke-width: 2; }
.flag.not-passed circle { fill: var(--snow); stroke: var(--ink); stroke-dasharray: 3 2; }
.flag text { fill: var(--snow); font-size: 12px; font-weight: 600; text-anchor: middle; }
.flag.not-passed text { fill: var(--ink); } .scale { stroke: var(--ink); stroke-width: 1.5; }
text { font-size: 13px; fill: var(--ink); }
.scale-name { paint-order: stroke; stroke: var(--sea); stroke-width: 3; }
.level { text-anchor: end; } .km { text-anchor: middle; } .km.first { text-anchor: start; }
.axis-name { fill: var(--slate); } .grid { stroke: var(--edge); stroke-width: .6; }
.zero { stroke: var(--ink); stroke-width: 1; } .offset { stroke: var(--near); stroke-width: 2; }
.planned-height { stroke: var(--ink); stroke-width: 1.5; opacity: .7; }
.recorded-height { stroke: var(--near); stroke-width: 2; } .bar { fill: var(--near); opacity: .85; }
.off-shade { fill: var(--farthest); opacity: .16; } .gap-shade { fill: var(--slate); opacity: .16; }
.ribbon { stroke-width: 4; stroke-linecap: butt; } .ribbon.walked { stroke: var(--near); }
@media print { :root { --sea: #fff; } h2 { break-after: avoid; } figure { break-inside: avoid; } }
"""


def comparison_page(found: Comparison, *, title: str = "") -> str:
    """Return the whole document; times are in UTC, as the comparison knows no time zone."""
    name = title or found.route.name or "A walk against its planned route"
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(name)}</title><style>{STYLE}</style></head><body>",
            f"<main><h1>{escape(name)}</h1>",
            *_lead(found),
            *_map(found),
            *_figures(found),
            *_charts(found),
            *_checkpoints(found),
            *_episodes(found),
            *_standstills(found),
            f'<p class="quiet">Engine {escape(found.engine_version)}. All times are in UTC.</p>',
            "</main></body></html>\n",
        )
    )


def _lead(found: Comparison) -> Iterator[str]:
    backward = ", from its finish to its start" if found.direction == "backward" else ""
    yield f'<p class="lead">{VERDICTS[found.verdict]}{backward}.</p>'
    walked_m = found.coverage.walked_share * found.route.length_m
    yield (
        f"<p>{_km(walked_m)} of {_km(found.route.length_m)} were walked. "
        f"{_times_off(len(found.off_route))}</p>"
    )
    if found.track.started_at is not None:
        yield f"<p>Recorded on {str(iso_utc(found.track.started_at))[:10]}, {_from_to(found)} UTC.</p>"


def _from_to(found: Comparison) -> str:
    return f"{_when(found.track.started_at)} to {_when(found.track.finished_at)}"


def _times_off(count: int) -> str:
    if not count:
        return "The group was not seen off the route."
    return "The group left the route once." if count == 1 else f"The group left the route {count} times."


def _map(found: Comparison) -> Iterator[str]:
    drawn = _twice(lambda width: pictures.draw_map(found, width=width, height=_map_height(width)))
    yield f'<figure class="map">{drawn}<figcaption>{_legend()}</figcaption></figure>'


def _map_height(width: int) -> int:
    return 560 if width == WIDE else 380


def _twice(draw: Callable[[int], str | None]) -> str | None:
    """Return a picture for wide screens and one for phones, None if there is nothing to draw."""
    wide, narrow = draw(WIDE), draw(NARROW)
    if wide is None or narrow is None:
        return None
    return f'<div class="wide">{wide}</div><div class="narrow">{narrow}</div>'


def _legend() -> str:
    lines = (
        ("planned", "planned route"),
        ("missed", "missed"),
        ("no-data", "no data"),
        ("track near", "track, up to 25 m away"),
        ("track middle", "25 to 50 m"),
        ("track far", "50 to 100 m"),
        ("track farthest", "farther"),
    )
    items = "".join(
        f'<li><svg viewBox="0 0 32 12" aria-hidden="true"><path class="{kind}" d="M2 6H30"/></svg>{name}</li>'
        for kind, name in lines
    )
    return f'<ul class="legend">{items}</ul>'


def _figures(found: Comparison) -> Iterator[str]:
    track, deviation = found.track, found.deviation
    rows = [
        ("Walked of the route", f"{found.coverage.walked_share:.1%}"),
        ("No data", f"{found.coverage.no_data_share:.1%}"),
        ("Missed", f"{found.coverage.missed_share:.1%}"),
        ("Distance walked", _km(track.distance_m)),
        ("Beside the route, median", _metres(deviation.median_m)),
        ("Farthest on the route", _metres(deviation.max_m)),
    ]
    if track.started_at is not None:
        rows += [
            ("Moving", _span(track.moving_s)),
            (f"Standing, {len(found.stops)} times", _span(track.stopped_s)),
            ("Without recording", _span(track.gap_s)),
        ]
    if track.ascent_m is not None and track.descent_m is not None:
        rows.append(("Up and down", f"{track.ascent_m:.0f} m, {track.descent_m:.0f} m"))
    inside = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in rows)
    yield f'<dl class="figures">{inside}</dl>'


def _charts(found: Comparison) -> Iterator[str]:
    drawn = (
        (
            "Beside the route",
            pictures.draw_offsets,
            "How far the track was to the left and to the right of the planned route. "
            "Shaded: off the route, or no data. The band below: walked, missed (dashed), no data (dotted).",
        ),
        ("Height", pictures.draw_heights, "Height of the planned route (dark) and as recorded (blue)."),
        (
            "Pace",
            pictures.draw_pace,
            "Minutes for each kilometre that was walked from end to end, with stops.",
        ),
    )
    for name, draw, caption in drawn:
        both = _twice(partial(_chart, draw, found))
        if both:
            yield f"<h2>{name}</h2><figure>{both}<figcaption>{caption}</figcaption></figure>"


def _chart(draw: Callable[..., str | None], found: Comparison, width: int) -> str | None:
    return draw(found, width=width, height=220)


def _checkpoints(found: Comparison) -> Iterator[str]:
    if found.checkpoints:
        planned = any(one.planned_at is not None for one in found.checkpoints)
        yield "<h2>Checkpoints</h2>"
        yield _table(
            ("", "Checkpoint", "Kilometre", "Passed", *(("Against the plan",) if planned else ())),
            (_checkpoint(number, one, planned) for number, one in enumerate(found.checkpoints, 1)),
        )


def _checkpoint(number: int, one: CheckpointPass, planned: bool) -> Iterator[str]:
    yield str(number)
    yield escape(one.name)
    yield "beside the route" if one.route_m is None else _km(one.route_m)
    yield _passed(one)
    if planned:
        yield _late(one.late_s)


def _episodes(found: Comparison) -> Iterator[str]:
    if found.off_route:
        yield "<h2>Off the route</h2>"
        yield _table(
            ("Left", "Rejoined", "Farthest", "Walked meanwhile"), (_episode(one) for one in found.off_route)
        )
    if found.backwards:
        yield "<h2>Walked back</h2>"
        yield _table(
            ("When", "From", "To"),
            ((_when(one.from_at), _km(one.from_m), _km(one.to_m)) for one in found.backwards),
        )


def _episode(one: OffRoute) -> tuple[str, ...]:
    back = (
        "never" if one.rejoined_route_m is None else f"{_km(one.rejoined_route_m)}, {_when(one.rejoined_at)}"
    )
    return f"{_km(one.left_route_m)}, {_when(one.left_at)}", back, _metres(one.max_m), _km(one.walked_m)


def _standstills(found: Comparison) -> Iterator[str]:
    rows = [("stop", one.from_at, one.to_at, one.route_m) for one in found.stops]
    rows += [("no recording", one.from_at, one.to_at, one.from_route_m) for one in found.gaps]
    if rows:
        yield "<details><summary>Stops and gaps in the recording</summary>"
        yield _table(
            ("What", "From", "Lasted", "Kilometre"),
            (
                (what, _when(from_at), _span(to_at - from_at), "" if route_m is None else _km(route_m))
                for what, from_at, to_at, route_m in sorted(rows, key=lambda row: row[1])
            ),
        )
        yield "</details>"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = "".join(f'<th scope="col">{name}</th>' for name in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>'


def _passed(one: CheckpointPass) -> str:
    if one.passed_at is not None:
        return _when(one.passed_at)
    if one.passed_between is not None:
        return f"between {_when(one.passed_between[0])} and {_when(one.passed_between[1])}"
    return "not passed"


def _late(late_s: float | None) -> str:
    if late_s is None:
        return ""
    minutes = round(abs(late_s) / 60)
    return f"{minutes} min {'late' if late_s > 0 else 'early'}" if minutes else "on time"


def _km(metres: float) -> str:
    return f"{metres / 1000:.2f}\u202fkm"


def _metres(metres: float | None) -> str:
    return "unknown" if metres is None else f"{metres:.0f}\u202fm"


def _span(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60}\u202fh {minutes % 60:02d}\u202fmin" if minutes >= 60 else f"{minutes}\u202fmin"


def _when(at: float | None) -> str:
    return "at an unknown time" if at is None else str(iso_utc(round(at)))[11:16]
