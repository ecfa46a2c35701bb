"""Random worlds: the sweep, the check of one start, and the slow truth must agree."""

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.engine import slots
from scheduling.engine.hours import Hours, format_day, format_pattern, openings
from scheduling.engine.interval import DAY, day_number

from . import oracle

# A zone and a date within a day of which its clocks change (or something else is odd).
CHANGES = [
    ("America/New_York", date(2027, 3, 14)),
    ("America/Los_Angeles", date(2026, 11, 1)),
    ("Europe/London", date(2027, 3, 28)),
    ("Europe/London", date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2027, 4, 4)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("America/St_Johns", date(2027, 3, 14)),
    ("America/St_Johns", date(2026, 11, 1)),
    ("Pacific/Chatham", date(2027, 4, 4)),
    ("Pacific/Chatham", date(2026, 9, 27)),
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("Asia/Beirut", date(2027, 3, 28)),  # midnight itself is skipped
    ("Africa/Cairo", date(2026, 10, 30)),  # midnight comes twice
    ("Asia/Kolkata", date(2027, 3, 14)),
    ("Asia/Kathmandu", date(2027, 3, 14)),
    ("Pacific/Kiritimati", date(2027, 3, 14)),
    ("Pacific/Pago_Pago", date(2027, 3, 14)),
    ("UTC", date(2027, 3, 14)),
]

LENGTHS = [1, 30, 55, 60, 90, 240, 480, 720, 1439]


@st.composite
def day_spans(draw):
    """Spans of one day, apart or touching, the last perhaps far into the next day."""
    spans, at = [], 0
    for _ in range(draw(st.integers(0, 3))):
        start = at + draw(st.integers(0, 60)) * 10
        end = start + draw(st.sampled_from(LENGTHS))
        if start >= DAY:
            break
        spans.append((start, min(end, 2 * DAY)))
        at = end
    return spans


@st.composite
def weeks(draw):
    return {weekday: draw(day_spans()) for weekday in range(7)}


@st.composite
def worlds(draw):
    zone, change = draw(st.sampled_from(CHANGES))
    first = day_number(change) - draw(st.integers(0, 2))
    window = first * DAY, (first + draw(st.integers(1, 3))) * DAY
    near = st.integers(-3, 3).map(lambda days: change + timedelta(days))
    minute = st.integers(window[0] - 2 * DAY, window[1] + DAY)
    turn = draw(near)
    periods = draw(
        st.sampled_from([1, 1, 2]).flatmap(lambda n: st.lists(weeks(), min_size=n, max_size=n))
    )
    limits = [(None, None)] if len(periods) == 1 else [(None, turn), (turn, None)]
    return oracle.World(
        zone,
        window,
        periods=[(*limit, week) for limit, week in zip(limits, periods, strict=True)],
        overrides=draw(st.dictionaries(near, day_spans(), max_size=2)),
        days_off=draw(st.lists(near.map(lambda d: (d, d + timedelta(d.day % 2))), max_size=1)),
        time_off=draw(st.lists(minute.map(lambda m: (m, m + 200)), max_size=1)),
        busy=sorted(draw(st.lists(minute.map(lambda m: (m, m + 20 + m % 50)), max_size=12))),
        minutes=draw(st.sampled_from([15, 25, 50, 80, 150])),
        before=draw(st.sampled_from([0, 0, 10])),
        after=draw(st.sampled_from([0, 10, 15])),
        step=draw(st.sampled_from(slots.STEPS)),
        cut_from=draw(st.one_of(st.just(-(10**9)), minute)),
        cut_until=draw(st.one_of(st.just(10**9), minute)),
        max_per_day=draw(st.sampled_from([None, None, 0, 1, 2, 3])),
        allowed=draw(
            st.one_of(
                st.none(),
                st.lists(minute, max_size=4, unique=True).map(sorted).map(as_spans),
            )
        ),
    )


def as_spans(bounds):
    return list(zip(bounds[::2], bounds[1::2], strict=False))


def as_terms(world):
    hours = Hours(
        world.zone,
        tuple(
            (since, until, format_pattern([week.get(day, []) for day in range(7)]))
            for since, until, week in world.periods
        ),
        tuple((day, format_day(spans)) for day, spans in world.overrides.items()),
        tuple(world.days_off),
        tuple(world.time_off),
    )
    return slots.Terms(
        hours,
        world.minutes,
        world.before,
        world.after,
        world.step,
        world.cut_from,
        world.cut_until,
        world.max_per_day,
        None if world.allowed is None else tuple(world.allowed),
    )


quick = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@quick
@given(worlds())
def test_the_sweep_finds_what_the_slow_truth_finds(world):
    terms = as_terms(world)
    limited = [world.zone] if world.max_per_day is not None else []
    margin = world.minutes + world.before + world.after
    low, high = slots.rows_span(world.window, margin, limited)
    rows = [("ann", *span) for span in world.busy if span[1] > low and span[0] < high]
    found = slots.free_starts(rows, {"ann": terms}, world.window)["ann"]
    assert found == oracle.free_starts(world)


@quick
@given(worlds())
def test_the_openings_are_the_open_minutes(world):
    found = openings(as_terms(world).hours, world.window)
    opened = [minute for start, end, _ in found for minute in range(start, end)]
    assert opened == [m for m in range(*world.window) if oracle.is_open(world, m)]


@quick
@given(worlds(), st.randoms(use_true_random=False))
def test_one_start_is_refused_exactly_if_the_search_does_not_offer_it(world, random):
    terms = as_terms(world)
    rows = [("ann", *span) for span in world.busy]
    found = set(slots.free_starts(rows, {"ann": terms}, world.window)["ann"])
    asked = [*found, *(minute + by for minute in found for by in (-5, 5, 60))]
    asked += [random.randrange(*world.window) // 5 * 5 for _ in range(60)]
    for start in asked:
        if world.window[0] <= start < world.window[1]:
            why = slots.why_not(start, terms, world.busy)
            assert (why is None) == (start in found), (start, why)


@settings(quick, max_examples=40)
@given(st.lists(worlds(), min_size=2, max_size=4))
def test_many_therapists_in_one_pass_are_each_as_alone(several):
    window = several[0].window
    terms = {number: as_terms(world) for number, world in enumerate(several)}
    busy = {number: world.busy for number, world in enumerate(several)}
    rows = [(number, *span) for number, spans in busy.items() for span in spans]
    together = slots.free_starts(rows, terms, window)
    for number, spans in busy.items():
        alone = slots.free_starts([(number, *s) for s in spans], {number: terms[number]}, window)
        assert together[number] == alone[number]
