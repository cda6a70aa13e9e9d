"""A march of several days: its stages, their planned routes and checkpoints, and its places."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marchapp.extensions import db
from marchapp.models.category import Category
from marchapp.models.columns import LocalText, Moment, UtcDateTime
from marchapp.models.quota import Quota, QuotaKind

GUIDES_SEE = timedelta(days=1)  # before and after the day of a stage


class March(db.Model):
    """One edition of a march. What the public may see is said by the `is_` and `shows_` columns.

    `consents_checked_to` is the number of the participant up to whom the worker has looked at consents anew:
    0 to begin once something changed that concerns everybody, None when it is done. `kept_days` are the days
    that its coordinators chose for some kinds of data: see models/retention.py.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[LocalText]
    summary: Mapped[LocalText]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    time_zone: Mapped[str] = mapped_column(String(60))
    contact_email: Mapped[str] = mapped_column(String(254), default="")
    is_demo: Mapped[bool] = mapped_column(default=False)
    is_public: Mapped[bool] = mapped_column(default=False)
    shows_places: Mapped[bool] = mapped_column(default=True)
    shows_comparisons: Mapped[bool] = mapped_column(default=False)
    signup_opens_at: Mapped[Moment]
    signup_closes_at: Mapped[Moment]
    adult_age: Mapped[int] = mapped_column(default=18)
    assent_age: Mapped[int] = mapped_column(default=12)
    children_per_adult: Mapped[int | None]
    days_for_consent: Mapped[int] = mapped_column(default=14)
    notarised_countries: Mapped[list[str]] = mapped_column(JSON, default=lambda: ["RU"])
    consents_checked_to: Mapped[int | None]
    kept_days: Mapped[dict[str, int]] = mapped_column(JSON, default=dict, server_default="{}")

    stages: Mapped[list["Stage"]] = relationship(back_populates="march", order_by="Stage.number")
    quotas: Mapped[list["Quota"]] = relationship(back_populates="march", order_by="Quota.id")

    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="dates_in_order"),
        CheckConstraint("signup_closes_at > signup_opens_at", name="signup_in_order"),
    )

    def takes_signups(self, now: datetime) -> bool:
        return self.signup_opens_at <= now < self.signup_closes_at

    @property
    def category_quotas(self) -> list[Quota]:
        """The places of each category, in the order in which categories are always named."""
        by_category = {quota.category: quota for quota in self.quotas if quota.kind == QuotaKind.CATEGORY}
        return [by_category[category] for category in Category if category in by_category]

    def left_for(self, category: Category) -> int | None:
        """Return how many of a category still find a place, on the march, too; None without a limit."""
        theirs = [one for one in self.quotas if one.kind == QuotaKind.MARCH or one.category == category]
        return min((quota.left for quota in theirs if quota.left is not None), default=None)

    @property
    def line_goes_first(self) -> bool:
        """Whether the worker is giving free places to those in line: newcomers stand behind them."""
        return any(quota.line_is_served for quota in self.quotas)

    def day_of(self, moment: datetime) -> date:
        """Return the day of a moment on the march's calendar."""
        return moment.astimezone(ZoneInfo(self.time_zone)).date()

    @property
    def last_moment(self) -> datetime:
        """The end of the last day, by the march's clock."""
        return datetime.combine(self.ends_on + timedelta(days=1), time(), ZoneInfo(self.time_zone))

    def lets_cancel(self, now: datetime) -> bool:
        """Tell whether people may take themselves off: until the march ends, after sign-up closed, too."""
        return self.takes_signups(now) or now < self.last_moment

    def is_minor(self, born: date) -> bool:
        """Tell whether somebody is a minor on the first day of the march."""
        return years_before(self.starts_on, self.adult_age) < born


def years_before(day: date, years: int) -> date:
    """Return the same day some years earlier, 28 February for a leap day."""
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - years, day=28 if is_leap_day else day.day)


class Stage(db.Model):
    """One day's walk. A stage that crosses a border names the crossing point and its legal basis."""

    id: Mapped[int] = mapped_column(primary_key=True)
    march_id: Mapped[int] = mapped_column(ForeignKey("march.id", ondelete="CASCADE"))
    number: Mapped[int]
    day: Mapped[date]
    name: Mapped[LocalText]
    start_name: Mapped[LocalText]
    finish_name: Mapped[LocalText]
    starts_at: Mapped[Moment]
    finishes_at: Mapped[Moment]
    crosses_border: Mapped[bool] = mapped_column(default=False)
    crossing_point: Mapped[LocalText] = mapped_column(default=dict)
    crossing_legal_basis: Mapped[LocalText] = mapped_column(default=dict)

    march: Mapped[March] = relationship(back_populates="stages")
    route: Mapped["PlannedRoute | None"] = relationship(back_populates="stage", cascade="all, delete-orphan")
    checkpoints: Mapped[list["Checkpoint"]] = relationship(
        back_populates="stage", order_by="Checkpoint.position", cascade="all, delete-orphan"
    )

    __table_args__ = (
        UniqueConstraint("march_id", "number"),
        CheckConstraint("finishes_at > starts_at", name="times_in_order"),
    )

    def is_walked_on(self, day: date) -> bool:
        """Tell whether people walk on a day of the march's calendar: some stages go on past midnight."""
        return self.day <= day <= self.last_day

    @property
    def last_day(self) -> date:
        return max(self.day, self.march.day_of(self.finishes_at))

    def is_over(self, now: datetime) -> bool:
        return self.march.day_of(now) > self.last_day

    @property
    def days_of_guides(self) -> tuple[date, date]:
        """The first and the last day on which guides see who walks in their groups."""
        return self.day - GUIDES_SEE, self.last_day + GUIDES_SEE

    def is_open_to_guides(self, now: datetime) -> bool:
        """Tell whether guides see who walks in their groups; in a demo, of nobody real, they always do."""
        first, last = self.days_of_guides
        return self.march.is_demo or first <= self.march.day_of(now) <= last

    def is_open_to_medics(self, now: datetime) -> bool:
        """Tell whether medics see the health notes of those who walk: while they do, in a demo always."""
        return self.march.is_demo or self.is_walked_on(self.march.day_of(now))


class PlannedRoute(db.Model):
    """The route that a stage is meant to follow: the GPX file as it came, and what pages draw of it.

    `drawing` holds the line thinned for the screen and its height profile, `basemap` the land, coast and
    borders around it; both are made once, when the route is saved.
    """

    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id", ondelete="CASCADE"), primary_key=True)
    content_gz: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[str] = mapped_column(String(64))
    length_m: Mapped[float]
    ascent_m: Mapped[float | None]
    descent_m: Mapped[float | None]
    drawing: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)
    basemap: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)
    uploaded_at: Mapped[Moment]
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))

    stage: Mapped[Stage] = relationship(back_populates="route")


class RouteDraft(db.Model):
    """A file that a coordinator sent as a stage's planned route and looks at before saving it."""

    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    content_gz: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    uploaded_at: Mapped[Moment]


class Checkpoint(db.Model):
    """A place on the planned route where walkers are expected, in order along it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id", ondelete="CASCADE"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    lat: Mapped[float]
    lon: Mapped[float]
    route_m: Mapped[float]
    planned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    stage: Mapped[Stage] = relationship(back_populates="checkpoints")

    __table_args__ = (UniqueConstraint("stage_id", "position"),)
