"""The table of who gets what: one row per route, role and method (AC1, AC2).

`tests/house/test_routes.py` walks every route of the site. A route without a row fails. Every row
is tried with GET, HEAD, POST, PUT, PATCH and DELETE, on the object that is named here and on one
that does not exist: by everybody, where a method lets some in; what nobody may do, by a few.

Roles, a letter each (people of `tests/world.py`, staff with their second factor):

    a  anonymous           p  Nora, a patient           d  Dana, front desk
    s  Mallory, stranger   q  Omar, another patient     c  Ada, clinic admin
    t  Alma, therapist     u  Ben, another therapist    o  Pia, privacy officer

The object of a route is Nora's, with Alma: so `p` and `t` ask for what is theirs, `q` and `u` for
what is somebody else's. What a route's `<uuid:booking>` stands for is in `things()`.

A row says what comes back, letters before the colon, `*` for everybody else:

    Row("c/<slug:slug>/x/<uuid:booking>/", get="ptd:200 a:login *:404", post="p:go a:login *:404")

`login`: led to the sign-in page (in the API: 401). `go`: led on to another page. Else a status; `|`
between several. A method that is not named is 405 to whoever may GET, or is refused like GET is.
`data` is what POST sends; `json=True` sends it as JSON. `use={"token": "join_token"}` takes another
thing for a parameter. HEAD answers as GET does.

Checked without being written: the page of a missing object is 404 to everybody who is signed in,
and for whom the object exists but is not theirs, body and headers are the same, byte for byte;
nobody gets anything of a clinic that does not exist; staff without a second factor get nowhere.

A route that answers people who are not signed in stands in PUBLIC too, with the reason.

Add rows to the section of your area, in the order of its urls.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.world import LA, NOW, World, at

ROLES = "aspqtudco"


@dataclass(frozen=True)
class Row:
    route: str
    get: str = "*:405"
    post: str = ""
    put: str = ""
    patch: str = ""
    delete: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    json: bool = False
    use: dict[str, str] = field(default_factory=dict)
    below: bool = False  # stands for every route that begins so

    def expected(self, method: str) -> dict[str, str]:
        """Letter -> what comes back; empty where the row does not say."""
        said = {"HEAD": self.get}.get(method, getattr(self, method.lower(), ""))
        answers: dict[str, str] = {}
        for part in said.split():
            letters, _, answer = part.partition(":")
            for letter in ROLES if letters == "*" else letters:
                answers.setdefault(letter, answer)
        return answers


def things(world: World) -> dict[str, Any]:
    """What stands for a parameter of a route, by the parameter's name; made once for all rows."""
    from accounts.actions.staff import invite_staff

    invitation, link = invite_staff(
        email="ina@example.org", role="desk", actor=world.actor(world.ada), now=NOW
    )
    return {
        "slug": world.clinic.slug,
        "pk": 1,
        "invite_token": link.rstrip("/").rpartition("/")[2],
        "api_token": api_token(world),
        **booking_things(world),
        "time_off": time_off(world),
        **office_things(world),
        "invitation": invitation.uuid,
    }


def office_things(world: World) -> dict[str, Any]:
    """What desk and office work on. The cover begins next year, the mail to Nora gave up."""
    from accounts.models import Cover
    from scheduling.models import Holiday, Session, Task

    later = {"first_day": "2028-01-01", "last_day": "2028-01-02"}
    failed = Task.objects.create(
        kind="tell_patient",
        clinic=world.clinic,
        session=Session.objects.filter(clinic=world.clinic, state="scheduled")[0],
        patient=world.nora,
        created_at=NOW,
        due_at=NOW,
        gave_up_at=NOW,
    )
    Holiday.objects.create(clinic=world.clinic, day="2027-04-01", name="Quiet day")
    return {
        "patient": world.nora.uuid,
        "person": world.dana.uuid,
        "role": "desk",
        "therapist": world.alma.uuid,
        "service": world.cbt.uuid,
        "modality": world.cbt.modality_id,
        "licence": world.alma.licences.get().pk,
        "cover": Cover.objects.create(covering=world.ben, covered=world.alma, **later).pk,
        "task": failed.uuid,
        "day": "2027-04-01",
    }


def time_off(world: World) -> int:
    """Alma's."""
    from scheduling.models import TimeOff

    row = TimeOff.objects.create(
        therapist=world.alma, first_day="2027-07-01", last_day="2027-07-09"
    )
    return row.pk


def api_token(world: World) -> Any:
    """Nora's."""
    from accounts.actions.tokens import create_token
    from accounts.actor import Actor

    said = {"clinic": world.clinic.uuid, "name": "calendar", "days": 90, "second_factor": False}
    assert world.nora.user is not None
    return create_token(**said, actor=Actor.of(world.nora.user, None), now=NOW).row.uuid


def booking_things(world: World) -> dict[str, Any]:
    """Nora has booked Alma for Wednesday at ten; Alma keeps Thursday at ten for somebody."""
    from accounts.actor import Actor
    from scheduling.actions.book import book
    from scheduling.actions.hold import hold

    what = {
        "service": world.cbt.uuid,
        "therapist": world.alma.uuid,
        "medium": "video",
        "place": "CA",
        "zone": LA,
        "now": NOW,
    }
    booked = book(
        start=at("2027-03-03", 10), patient=world.nora.pk, actor=world.actor(world.dana), **what
    )
    held = hold(
        start=at("2027-03-04", 10), secret="s" * 43, actor=Actor.anonymous(world.clinic), **what
    )
    return {
        "booking": booked.uuid,
        "hold": held.uuid,
        "series": series_of(world).uuid,
        **group_of(world),
        **program_things(world),
        **waiting_things(world),
        **ways_in(world, booked),
    }


def waiting_things(world: World) -> dict[str, Any]:
    """Nora waits for Alma, and a Friday at three is kept for her."""
    from tests.waiting import offered, waiting

    row = waiting(world, world.nora, therapist=world.alma, by=world.dana)
    offer = offered(world, row, start=at("2027-03-12", 15))
    return {"waiting": row.uuid, "offer": offer.uuid}


def series_of(world: World) -> Any:
    """Nora's three Mondays at two with Alma."""
    from datetime import date

    from scheduling.actions.repeat import Chosen, repeat
    from scheduling.engine.recurrence import weekly
    from scheduling.queries.repeat import Pattern

    pattern = Pattern(weekly((0,)), LA, 14 * 60, date(2027, 3, 8), count=3)
    return repeat(
        service=world.cbt.uuid,
        pattern=pattern,
        chosen=[Chosen(one.start, one.start, world.alma.uuid) for one in pattern.dates()],
        medium="video",
        place="CA",
        patient=world.nora.pk,
        actor=world.actor(world.dana),
        now=NOW,
    )


def group_of(world: World) -> dict[str, Any]:
    """Nora's place in a group that Alma gives on Tuesdays at four; anybody may find it."""
    from scheduling.models import Member, Session
    from tests.groups import comes_in, founded

    group = founded(world, facilitators=[world.alma.uuid])
    comes_in(world, group, world.nora, actor=world.actor(world.dana))
    session = Session.objects.filter(series__group=group).order_by("slot")[0]
    return {
        "group": group.uuid,
        "member": Member.objects.get(group=group).uuid,
        "group_session": session.uuid,
    }


def program_things(world: World) -> dict[str, Any]:
    """A level of care whose hours are planned, a program of a session a week, Nora in it."""
    from datetime import date

    from tests.enrolled import enrolled
    from tests.programs import a_rule, iop, program

    level = iop(world)
    made = program(world, level)
    planned = a_rule(level, valid_from=date(2027, 6, 1), age_from=12, age_until=18)
    return {
        "level": level.uuid,
        "rule": planned.pk,
        "program": made.uuid,
        "part": made.parts.get().pk,
        "enrollment": enrolled(made, world.nora).uuid,
    }


def ways_in(world: World, booked: Any) -> dict[str, Any]:
    """The links of Nora's booking, and the clinic's platform."""
    from scheduling.actions.links import mint_action_link
    from scheduling.models import Connection

    link = booked.join_link
    rooms = Connection.objects.create(
        clinic=world.clinic,
        kind="standard",
        name="Rooms",
        hosts="meet.example",
        baa_on_file="2026-01-05",
    )
    return {
        "session": booked.session.uuid,
        "join_token": link.token,
        "action_token": mint_action_link(booked, "cancel", NOW, expires_at=booked.starts_at),
        "connection": rooms.uuid,
    }


PUBLIC = {
    "healthz": "says that the process answers",
    "readyz": "says that the database answers",
    "": "the first page; shows nothing of anybody",
    "sign-in/": "the door",
    "c/<slug:slug>/sign-in/": "the door of a clinic",
    "c/<slug:slug>/": "free times; no patient is in them",
    "c/<slug:slug>/groups/": "groups; nobody who is in one is in them",
    "c/<slug:slug>/groups/<uuid:group>/": "what to expect in a group; no member is on it",
    "c/<slug:slug>/hold/": "a time is kept before anybody signs in",
    "c/<slug:slug>/hold/<uuid:hold>/": "behind the random secret of a browser",
    "c/<slug:slug>/hold/<uuid:hold>/more/": "behind the random secret of a browser",
    "c/<slug:slug>/hold/<uuid:hold>/let-go/": "behind the random secret of a browser",
    "accounts/login/": "the door, by password or passkey",
    "accounts/login/code/confirm/": "leads to the door without a sign-in that was begun",
    "accounts/logout/": "leads to the first page",
    "accounts/inactive/": "one sentence",
    "accounts/confirm-email/": "leads to the door without a sign-in that was begun",
    "accounts/password/reset/": "asks for an address; the same answer for all (AU9)",
    "accounts/password/reset/confirm/": "leads on without a reset that was begun",
    "accounts/password/reset/complete/": "leads on without a reset that was begun",
    "accounts/password/reset/done/": "one sentence",
    "accounts/2fa/authenticate/": "leads to the door without a sign-in that was begun",
    "accounts/2fa/webauthn/login/": "gives a challenge of the server's",
    "invite/<str:token>/": "a random token; names nothing to strangers (AU12)",
    "api/v1/clinics/<slug:slug>/services/": "what can be booked",
    "api/v1/clinics/<slug:slug>/therapists/": "with whom; what they show of themselves",
    "api/v1/clinics/<slug:slug>/consent-forms/": "texts of the clinic",
    "api/v1/clinics/<slug:slug>/slots/": "free times; no patient is in them",
    "api/v1/clinics/<slug:slug>/next-available/": "the first free time",
    "api/v1/clinics/<slug:slug>/holds/": "a time is kept before anybody signs in",
    "api/v1/clinics/<slug:slug>/groups/": "groups; nobody who is in one is in them",
    "api/v1/clinics/<slug:slug>/groups/<uuid:group>/": "what to expect in a group",
    "j/<str:token>/": "a random token; leads on, and the page asks who it is (TK1)",
    "join/": "behind a live join link; names nobody before one has said who one is (TK1)",
    "join/state/": "behind a live join link",
    "join/identify/": "behind a live join link; five tries",
    "join/check-in/": "behind a live join link, and known",
    "join/enter/": "behind a live join link, known and checked in",
    "a/<str:token>/": "a random token for one action; its page asks who it is (TK3)",
    "hooks/v1/<uuid:connection>/": "signed by the platform's secret (TK4)",
    "hooks/v1/<uuid:connection>/pending/": "signed by the platform's secret (TK4)",
}

BEFORE_SECOND_FACTOR = {  # where staff without one may go
    "accounts/logout/",
    "accounts/2fa/totp/activate/",
    "accounts/2fa/webauthn/add/",
    "accounts/2fa/authenticate/",
    "accounts/2fa/reauthenticate/",
    "accounts/2fa/webauthn/reauthenticate/",
    "accounts/reauthenticate/",
    "accounts/reauthenticate/code/",
    "invite/<str:token>/",
}

HOUSE = [
    Row("healthz", get="*:200"),
    Row("readyz", get="*:200"),
    Row("admin/login/", get="a:login *:404", post="a:login *:404"),
    Row("admin/logout/", get="a:login *:go", post="a:login *:go"),
    Row("admin/", get="*:login", post="*:login", below=True),
]

IN = "a:login *:200"  # for everybody who is signed in, about themselves
AGAIN = "a:login spq:go *:200"  # asks for a fresh proof first; staff have just given one
LED = "a:login *:go"
OFF = "a:200 *:go"  # for who is not signed in yet

ACCOUNTS = [
    Row("", get="a:200 s:200 *:go"),
    Row("sign-in/", get=OFF, post="a:422 *:go"),
    Row("c/<slug:slug>/sign-in/", get=OFF, post="a:422 *:go"),
    Row("c/<slug:slug>/who/", get="a:login *:go", post="a:login pq:422 *:go"),
    Row("c/<slug:slug>/who/new/", get="a:login pq:go *:200", post="a:login pq:go *:422"),
    Row("c/<slug:slug>/who/known/", get=IN, post="a:login *:422"),
    Row("account/", get=IN),
    Row("account/tokens/", get=IN),
    Row("account/tokens/new/", get=AGAIN, post="a:login spq:go *:422"),
    Row(
        "account/tokens/<uuid:token>/revoke/",
        get="a:login *:405",
        post="a:login p:go *:404",
        use={"token": "api_token"},
    ),
    Row(
        "invite/<str:token>/",
        get="*:200",
        post="a:login *:410",
        use={"token": "invite_token"},
    ),
    Row("accounts/login/", get=OFF, post=OFF),
    Row("accounts/login/code/confirm/", get="a:login *:go", post="a:login *:go"),
    Row("accounts/logout/", get="a:go *:200", post="*:go"),
    Row("accounts/inactive/", get="*:200"),
    Row("accounts/confirm-email/", get="*:go", post="*:go"),
    Row("accounts/email/", get=AGAIN, post=LED),
    Row("accounts/reauthenticate/", get=LED, post=LED),
    Row("accounts/reauthenticate/code/", get="a:login spq:200 *:go", post=LED),
    Row("accounts/password/change/", get=LED, post=LED),
    Row("accounts/password/set/", get=AGAIN, post=AGAIN),
    Row("accounts/password/reset/", get="*:200", post="*:200"),
    Row("accounts/password/reset/confirm/", get="*:go", post="*:go"),
    Row("accounts/password/reset/complete/", get="*:go", post="*:go"),
    Row("accounts/password/reset/done/", get="*:200"),
    Row("accounts/2fa/", get=IN),
    Row("accounts/2fa/authenticate/", get="*:go", post="*:go"),
    Row("accounts/2fa/reauthenticate/", get=AGAIN, post=AGAIN),
    Row("accounts/2fa/totp/activate/", get=LED, post=LED),
    Row("accounts/2fa/totp/deactivate/", get="a:login spq:404 *:200", post="a:login spq:404 *:go"),
    Row("accounts/2fa/recovery-codes/", get="a:login *:go|404", post="a:login *:go|405"),
    Row("accounts/2fa/recovery-codes/generate/", get=AGAIN, post=LED),
    Row("accounts/2fa/recovery-codes/download/", get="a:login *:go|404"),
    Row("accounts/2fa/webauthn/", get=IN),
    Row("accounts/2fa/webauthn/add/", get=AGAIN, post=AGAIN),
    Row("accounts/2fa/webauthn/reauthenticate/", get=LED, post=LED),
    Row("accounts/2fa/webauthn/keys/<int:pk>/remove/", get="a:login *:404", post="a:login *:404"),
    Row("accounts/2fa/webauthn/keys/<int:pk>/edit/", get="a:login *:404", post="a:login *:404"),
    Row("accounts/2fa/webauthn/login/", get="*:200|go", post="*:go"),
    Row("accounts/sessions/", get=IN, post="a:login *:go"),
]

OWN = "p:200 a:login *:404"  # a patient's own booking; staff have other pages
MY = "pq:200 a:login *:go"  # about oneself; who is no patient here says first who they are
MINE = "c/<slug:slug>/my/<uuid:booking>/"

BOOKING = [
    Row("c/<slug:slug>/", get="*:200"),
    Row("c/<slug:slug>/hold/", get="*:go", post="*:422"),
    Row("c/<slug:slug>/hold/<uuid:hold>/", get="*:404", post="*:404"),  # without its secret
    Row("c/<slug:slug>/hold/<uuid:hold>/more/", post="*:404"),
    Row("c/<slug:slug>/hold/<uuid:hold>/let-go/", post="*:404"),
    Row("c/<slug:slug>/booked/<uuid:booking>/", get=OWN),
    Row("c/<slug:slug>/booked/<uuid:booking>/appointment.ics", get=OWN),
    Row("c/<slug:slug>/groups/", get="*:200"),
    Row("c/<slug:slug>/groups/<uuid:group>/", get="*:200"),
    Row(
        "c/<slug:slug>/groups/<uuid:group>/join/",
        get="q:200 a:login *:go",
        post="q:422 p:422 a:login *:go",
    ),
    Row("c/<slug:slug>/my/", get=MY),
    Row("c/<slug:slug>/my/profile/", get=MY, post="pq:422 a:login *:go"),
    Row("c/<slug:slug>/my/profile/consent/", get="a:login *:405", post="pq:422 a:login *:404"),
    Row("c/<slug:slug>/my/groups/<uuid:member>/", get=OWN),
    Row("c/<slug:slug>/my/groups/<uuid:member>/leave/", get=OWN, post="p:go a:login *:404"),
    Row(MINE, get=OWN),
    Row(MINE + "move/", get=OWN),
    Row(MINE + "move/check/", get="p:go a:login *:404", post="p:go a:login *:404"),
    Row(MINE + "cancel/", get=OWN, post="p:go a:login *:404"),
    Row(MINE + "undo/", get="p:go a:login *:404", post="p:409 a:login *:404"),
]

ONE_SERIES = "c/<slug:slug>/series/<uuid:series>/"
SERIES_OF = "ptd:200 a:login *:404"  # the patient's, the therapist's who gives it, the desk's

SERIES = [
    Row("c/<slug:slug>/repeat/<uuid:booking>/", get=SERIES_OF, post="ptd:422|200 a:login *:404"),
    Row(ONE_SERIES, get=SERIES_OF),
    Row(ONE_SERIES + "change/", get=SERIES_OF, post="ptd:422|200 a:login *:404"),
    Row(ONE_SERIES + "cancel/", get=SERIES_OF, post="p:go td:422 a:login *:404"),
    Row(ONE_SERIES + "undo/", get="a:login *:405", post="ptd:409 a:login *:404"),
]

ENROLLED = "c/<slug:slug>/enrollments/<uuid:enrollment>/"
CARERS = "td:200 a:login *:404"  # who treats the patient, and the desk; never the patient
CARERS_ACT = "td:422 a:login *:404"

ENROLL = [
    Row("c/<slug:slug>/my/program/", get=MY),
    Row("c/<slug:slug>/enroll/<uuid:patient>/", get=CARERS, post=CARERS_ACT),
    Row(ENROLLED, get=CARERS),
    Row(ENROLLED + "step/", get=CARERS, post=CARERS_ACT),
    Row(ENROLLED + "pause/", get=CARERS, post=CARERS_ACT),
    Row(ENROLLED + "resume/", get="td:go a:login *:404", post="td:go a:login *:404"),
    Row(ENROLLED + "discharge/", get=CARERS, post=CARERS_ACT),
    Row(ENROLLED + "undo/", get="a:login tud:405 *:404", post="td:409 a:login *:404"),
]

WAITS = "c/<slug:slug>/my/waiting/"
WAIT_LIST = "c/<slug:slug>/waiting/"
LISTED = "td:200 a:login *:404"  # the desk's, and of the therapist who is waited for
LIST_ACT = "a:login tud:405 *:404"

WAITING = [
    Row(WAITS, get=MY),
    Row(WAITS + "new/", get=MY, post="p:409 q:go a:login *:go"),
    Row(WAITS + "group/<uuid:group>/", get=MY, post="pq:422 a:login *:go"),
    Row(WAITS + "<uuid:waiting>/leave/", get="a:login *:405", post="p:go a:login *:404"),
    Row(MINE + "earlier/", get=OWN, post="p:go a:login *:404"),
    Row("c/<slug:slug>/my/offers/<uuid:offer>/", get=OWN, post="p:go a:login *:404"),
    Row(WAIT_LIST, get="tud:200 a:login *:404"),
    Row(WAIT_LIST + "<uuid:waiting>/", get=LISTED),
    Row(WAIT_LIST + "<uuid:waiting>/prefer/", get=LIST_ACT, post="td:422 a:login *:404"),
    Row(WAIT_LIST + "<uuid:waiting>/offer/", get=LIST_ACT, post="td:422 a:login *:404"),
    Row(WAIT_LIST + "<uuid:waiting>/take-out/", get=LIST_ACT, post="td:go a:login *:404"),
    Row(WAIT_LIST + "offers/<uuid:offer>/take-back/", get=LIST_ACT, post="td:go a:login *:404"),
    Row(WAIT_LIST + "add/<uuid:patient>/", get=LISTED, post="td:422 a:login *:404"),
]

HOURS_OF = "c/<slug:slug>/enrollments/<uuid:enrollment>/hours/"

CARE = [
    Row("c/<slug:slug>/caseload/", get="tu:200 a:login *:404"),
    Row("c/<slug:slug>/programs/", get="tudc:200 a:login *:404"),
    Row(HOURS_OF, get=LISTED),
    Row(HOURS_OF + "make-up/", get=LIST_ACT, post="td:409 a:login *:404"),
]

NO_LINK = "*:404"  # nobody who has not opened a live link before

JOIN = [
    Row("j/<str:token>/", get="*:go", use={"token": "join_token"}),
    Row("join/", get=NO_LINK),
    Row("join/state/", get=NO_LINK),
    Row("join/identify/", post=NO_LINK),
    Row("join/check-in/", post=NO_LINK),
    Row("join/enter/", post=NO_LINK),
    Row(
        "c/<slug:slug>/sessions/<uuid:session>/enter/",
        get="t:200 a:login *:404",
        post="t:409 a:login *:404",
    ),
    Row("a/<str:token>/", get="*:200", post="p:200 *:422", use={"token": "action_token"}),
    Row("hooks/v1/<uuid:connection>/", post="*:415"),
    Row("hooks/v1/<uuid:connection>/pending/", get="*:login"),
]

WORK = "tu:200 a:login *:404"  # about themselves
THEIR = "t:200 a:login *:404"  # a session of the caseload
ACT = "a:login tu:405 *:404"  # how a route that only takes POST answers GET
SESSION = "c/<slug:slug>/sessions/<uuid:session>/"
HOURS = "c/<slug:slug>/hours/"
KEEPERS = "dc:200 a:login *:404"  # of a therapist's hours: desk and office
HOURS_ACT = "a:login tudc:405 *:404"  # whose hours they are is asked by POST alone
OUT = [
    Row("c/<slug:slug>/out/", get="tu:200 a:login *:404", post="tu:422|go a:login *:404"),
    Row(
        "c/<slug:slug>/therapists/<uuid:therapist>/out/",
        get="d:200 a:login *:404",
        post="d:422|go a:login *:404",
    ),
]
OTHERS_HOURS = "c/<slug:slug>/therapists/<uuid:therapist>/hours/"

THERAPIST = [
    Row("c/<slug:slug>/today/", get=WORK),
    Row("c/<slug:slug>/week/", get=WORK),
    *OUT,
    Row(HOURS, get=WORK, post="tu:422 a:login *:404"),
    Row(HOURS + "day/", get=WORK, post="tu:422 a:login *:404"),
    Row(HOURS + "day/usual/", get=HOURS_ACT, post="tu:go a:login *:404"),
    Row(HOURS + "time-off/", get=WORK, post="tu:422 a:login *:404"),
    Row(
        HOURS + "time-off/<int:row>/remove/",
        get=HOURS_ACT,
        post="t:go a:login *:404",
        use={"row": "time_off"},
    ),
    Row(OTHERS_HOURS, get=KEEPERS, post="dc:422 a:login *:404"),
    Row(OTHERS_HOURS + "day/", get=KEEPERS, post="dc:422 a:login *:404"),
    Row(OTHERS_HOURS + "day/usual/", get=HOURS_ACT, post="dc:go a:login *:404"),
    Row(OTHERS_HOURS + "time-off/", get=KEEPERS, post="dc:422 a:login *:404"),
    Row(
        OTHERS_HOURS + "time-off/<int:row>/remove/",
        get=HOURS_ACT,
        post="dc:go a:login *:404",
        use={"row": "time_off"},
    ),
    Row(SESSION, get=THEIR),
    Row(
        SESSION + "attend/",
        get=ACT,
        post="t:409 a:login *:404",
        data={"attendance": "attended"},
    ),
    Row(SESSION + "contact/", get=ACT, post="t:go a:login *:404", data={"contact": "Sam"}),
    Row(
        SESSION + "room/",
        get=ACT,
        post="t:go a:login *:404",
        data={"url": "https://meet.example/r/1"},
    ),
    Row(SESSION + "room/accept/", get=ACT, post="a:login *:404"),  # none is offered
    Row(SESSION + "let-in/", get=ACT, post="a:login *:404"),  # nobody has checked in
    Row(
        SESSION + "cancel/",
        get=THEIR,
        post="t:go a:login *:404",
        data={"reason": "clinic"},
    ),
    Row(SESSION + "undo/", get=ACT, post="t:409 a:login *:404"),
    Row(
        SESSION + "move/",
        get=THEIR,
        post="t:go a:login *:404",
        data={"slot": at("2027-03-05", 13), "reason": "patient"},
    ),
    Row(SESSION + "again/", get=ACT, post="t:go a:login *:404"),
]

RUN = "c/<slug:slug>/desk/groups/"
RUNS = "td:200 a:login *:404"  # who gives the group, and the desk
KEEPS = "dc:200 a:login *:404"  # desk and office
KEEPS_NOT = "dc:422 a:login *:404"
KEEPS_ACT = "a:login dc:405 *:404"
RUNS_NOT = "td:422 a:login *:404"
ONE_DATE = {"session": "group_session"}

GROUPS = [
    Row(RUN, get="tudc:200 a:login *:404"),
    Row(RUN + "new/", get=KEEPS, post=KEEPS_NOT),
    Row(RUN + "add/<uuid:patient>/", get=RUNS, post="td:200 a:login *:404"),  # no group is chosen
    Row(RUN + "<uuid:group>/", get="tdc:200 a:login *:404"),
    Row(RUN + "<uuid:group>/change/", get=KEEPS, post=KEEPS_NOT),
    Row(RUN + "<uuid:group>/members/", get=LIST_ACT, post=RUNS_NOT),
    Row(RUN + "<uuid:group>/facilitators/", get=KEEPS, post=KEEPS_NOT),
    Row(RUN + "<uuid:group>/times/", get=KEEPS, post=KEEPS_NOT),
    Row(RUN + "<uuid:group>/pause/", get=KEEPS_ACT, post=KEEPS_NOT),
    Row(RUN + "<uuid:group>/resume/", get=KEEPS_ACT, post=KEEPS_NOT),
    Row(RUN + "<uuid:group>/end/", get=KEEPS_ACT, post=KEEPS_NOT),
    Row(RUN + "members/<uuid:member>/leave/", get=LIST_ACT, post=RUNS_NOT),
    Row(RUN + "sessions/<uuid:session>/", get=RUNS, use=ONE_DATE),
    Row(
        RUN + "sessions/<uuid:session>/attend/",
        get=LIST_ACT,
        post="td:409 a:login *:404",
        use=ONE_DATE,
    ),
    Row(
        RUN + "sessions/<uuid:session>/room/",
        get=ACT,
        post="t:go a:login *:404",
        data={"url": "https://meet.example/r/1"},
        use=ONE_DATE,
    ),
    Row(RUN + "sessions/<uuid:session>/cancel/", get=LIST_ACT, post=RUNS_NOT, use=ONE_DATE),
    Row(
        RUN + "sessions/<uuid:session>/undo/",
        get=LIST_ACT,
        post="td:409 a:login *:404",
        use=ONE_DATE,
    ),
    Row(RUN + "sessions/<uuid:session>/move/", get=RUNS, post=RUNS_NOT, use=ONE_DATE),
]

DESKS = "d:200 a:login *:404"
DESK_ACT = "a:login d:405 *:404"
WRONG_AT_DESK = "a:login d:422 *:404"
AT_DESK = "c/<slug:slug>/desk/"
PATIENT = AT_DESK + "patients/<uuid:patient>/"
BOOKED = AT_DESK + "bookings/<uuid:booking>/"

DESK = [
    Row(AT_DESK, get=DESKS),
    Row(AT_DESK + "patients/", get=DESKS, post=WRONG_AT_DESK),
    Row(AT_DESK + "patients/new/", get=DESKS, post=WRONG_AT_DESK),
    Row(PATIENT, get=DESKS),
    Row(PATIENT + "edit/", get=DESKS, post=WRONG_AT_DESK),
    Row(
        PATIENT + "consent/",
        get=DESK_ACT,
        post="a:login d:go *:404",
        data={"form": "telehealth", "withdraw": "1"},
    ),
    Row(PATIENT + "book/", get=DESKS, post=WRONG_AT_DESK),
    Row(BOOKED, get=DESKS),
    Row(BOOKED + "move/", get=DESKS, post=WRONG_AT_DESK),
    Row(
        BOOKED + "cancel/",
        get=DESK_ACT,
        post="a:login d:go *:404",
        data={"reason": "clinic"},
    ),
    Row(BOOKED + "undo/", get=DESK_ACT, post="a:login d:409 *:404"),
]

ADMINS = "a:login c:200 *:404"
NOBODY = "a:login *:404"
ADMIN_ACT = "a:login c:405 *:404"
ADMIN_DOES = "a:login c:go *:404"
WRONG_IN_OFFICE = "a:login c:422 *:404"
AT_OFFICE = "c/<slug:slug>/office/"
PROFILE = AT_OFFICE + "therapists/<uuid:therapist>/"
LICENCE = AT_OFFICE + "licences/<int:licence>/"
VIDEO = AT_OFFICE + "video/<uuid:connection>/"
PROGRAMS = AT_OFFICE + "programs/"
LEVELS = AT_OFFICE + "levels/"

OFFICE = [
    Row(AT_OFFICE, get=ADMINS),
    Row(AT_OFFICE + "weekly-report/", get=ADMIN_ACT, post=ADMIN_DOES),
    Row(AT_OFFICE + "staff/", get=ADMINS),
    Row(AT_OFFICE + "staff/invite/", get=ADMINS, post=WRONG_IN_OFFICE),
    Row(AT_OFFICE + "staff/invitations/<uuid:invitation>/revoke/", get=ADMIN_ACT, post=ADMIN_DOES),
    Row(AT_OFFICE + "staff/<uuid:person>/deactivate/", get=ADMINS, post=ADMIN_DOES),
    Row(AT_OFFICE + "staff/<uuid:person>/roles/<str:role>/end/", get=ADMINS, post=ADMIN_DOES),
    Row(AT_OFFICE + "staff/cover/", get=ADMINS, post=WRONG_IN_OFFICE),
    Row(AT_OFFICE + "staff/cover/<int:cover>/end/", get=ADMIN_ACT, post=ADMIN_DOES),
    Row(PROFILE, get=ADMINS, post=WRONG_IN_OFFICE),
    Row(PROFILE + "services/<uuid:service>/", get=ADMINS, post=ADMIN_DOES),
    Row(PROFILE + "licences/", get=ADMINS, post=WRONG_IN_OFFICE),
    Row(AT_OFFICE + "licences/", get=ADMINS),
    Row(LICENCE, get=ADMINS, post=WRONG_IN_OFFICE),
    Row(LICENCE + "revoke/", get=ADMINS, post=ADMIN_DOES),
    Row(AT_OFFICE + "services/", get=ADMINS),
    Row(AT_OFFICE + "services/new/", get=ADMINS, post=WRONG_IN_OFFICE),
    Row(AT_OFFICE + "services/<uuid:service>/", get=ADMINS, post=WRONG_IN_OFFICE),
    Row(AT_OFFICE + "modalities/new/", get=ADMINS, post=WRONG_IN_OFFICE),
    Row(AT_OFFICE + "modalities/<int:modality>/", get=ADMINS, post=WRONG_IN_OFFICE),
    Row(PROGRAMS, get=ADMINS),
    Row(PROGRAMS + "new/", get=ADMINS, post=WRONG_IN_OFFICE),
    Row(PROGRAMS + "<uuid:program>/", get=ADMINS, post=WRONG_IN_OFFICE),
    Row(PROGRAMS + "<uuid:program>/group/", get=ADMIN_ACT, post=WRONG_IN_OFFICE),
    Row(PROGRAMS + "<uuid:program>/session/", get=ADMIN_ACT, post=WRONG_IN_OFFICE),
    Row(PROGRAMS + "parts/<int:part>/remove/", get=ADMIN_ACT, post=ADMIN_DOES),
    Row(LEVELS + "new/", get=ADMINS, post=WRONG_IN_OFFICE),
    Row(LEVELS + "usual/", get=ADMIN_ACT, post=ADMIN_DOES),
    Row(LEVELS + "<uuid:level>/", get=ADMINS, post=WRONG_IN_OFFICE),
    Row(LEVELS + "<uuid:level>/hours/", get=ADMINS, post=WRONG_IN_OFFICE),
    Row(LEVELS + "hours/<int:rule>/end/", get=ADMINS, post=WRONG_IN_OFFICE),
    Row(LEVELS + "hours/<int:rule>/back/", get=ADMIN_ACT, post=ADMIN_DOES),
    Row(AT_OFFICE + "policies/", get=ADMINS, post=WRONG_IN_OFFICE),
    Row(AT_OFFICE + "consent-forms/new/", get=ADMINS, post=WRONG_IN_OFFICE),
    Row(AT_OFFICE + "holidays/new/", get=ADMINS, post=WRONG_IN_OFFICE),
    Row(AT_OFFICE + "holidays/<str:day>/remove/", get=ADMIN_ACT, post=ADMIN_DOES),
    Row(AT_OFFICE + "video/new/", get=ADMINS, post=WRONG_IN_OFFICE),
    Row(VIDEO, get=ADMINS, post=WRONG_IN_OFFICE),
    Row(VIDEO + "secret/", get=ADMIN_ACT, post=ADMINS),
    Row(AT_OFFICE + "messages/", get=ADMINS),
    Row(AT_OFFICE + "messages/<uuid:task>/retry/", get=ADMIN_ACT, post=ADMIN_DOES),
    Row(AT_OFFICE + "audit/", get="a:login o:200 *:404", post="a:login o:422 *:404"),
    Row(AT_OFFICE + "utilization/", get=ADMINS),
    Row(AT_OFFICE + "utilization/report.csv", get=ADMINS),
    Row(AT_OFFICE + "utilization/rows/", get=NOBODY, post=NOBODY),  # a right of its own
    Row("c/<slug:slug>/numbers/", get="a:login tu:200 *:404"),
    Row("c/<slug:slug>/numbers/meaning/", get="a:login tuc:200 *:404"),
]

# Bodies here are empty or wrong on purpose: 422 is "you may, but not so".
CLINIC_API = "api/v1/clinics/<slug:slug>/"
CATALOGUE = "*:200"
WRITES = "a:login *:422"
POSTED = "a:login *:405"

ONE_WAITING = CLINIC_API + "waiting/<uuid:waiting>/"
ONE_OFFER = CLINIC_API + "offers/<uuid:offer>/"
KEPT = CLINIC_API + "staff/groups/"
KEPT_DATE = CLINIC_API + "staff/group-dates/<uuid:session>/"
ITS = "ptd:200 a:login *:404"  # of who waits, of the therapist waited for, of the desk
STAFF_READ = "tudco:200 a:login *:404"
LEVELS_API = CLINIC_API + "staff/levels/"
PROGRAMS_API = CLINIC_API + "staff/programs/"
ENROLLED_API = CLINIC_API + "enrollments/<uuid:enrollment>/"

API = [
    Row("api/v1/schema/", get=IN),
    Row("api/v1/reference/", get=IN),
    Row(CLINIC_API + "services/", get=CATALOGUE),
    Row(CLINIC_API + "therapists/", get=CATALOGUE),
    Row(CLINIC_API + "consent-forms/", get=CATALOGUE),
    Row(CLINIC_API + "slots/", get="*:422"),
    Row(CLINIC_API + "next-available/", get="*:422"),
    Row(CLINIC_API + "holds/", post="*:422", json=True),
    Row(CLINIC_API + "holds/<uuid:hold>/", get="*:404", delete="*:404", json=True),
    Row(CLINIC_API + "holds/<uuid:hold>/extend/", post="*:404", json=True),
    Row(CLINIC_API + "bookings/", get=IN, post=WRITES, json=True),
    Row(CLINIC_API + "bookings/<uuid:booking>/", get="ptd:200 a:login *:404"),
    Row(
        CLINIC_API + "bookings/<uuid:booking>/reschedule/",
        get=POSTED,
        post="ptd:200 a:login *:404",
        data={"start": "2027-03-03T13:00-08:00", "reason": "patient"},
        json=True,
    ),
    Row(
        CLINIC_API + "bookings/<uuid:booking>/cancel/",
        get=POSTED,
        post="ptd:200 a:login *:404",
        data={"reason": "other"},
        json=True,
    ),
    Row(
        CLINIC_API + "bookings/<uuid:booking>/undo-cancel/",
        get=POSTED,
        post="ptd:409 a:login *:404",
        json=True,
    ),
    Row(CLINIC_API + "series/", get=POSTED, post=WRITES, json=True),
    Row(CLINIC_API + "series/check/", get=POSTED, post=WRITES, json=True),
    Row(CLINIC_API + "series/<uuid:series>/", get="ptd:200 a:login *:404"),
    Row(CLINIC_API + "series/<uuid:series>/change/", get=POSTED, post=WRITES, json=True),
    Row(
        CLINIC_API + "series/<uuid:series>/cancel/",
        get=POSTED,
        post="ptd:200 a:login *:404",
        data={"reason": "other"},
        json=True,
    ),
    Row(
        CLINIC_API + "series/<uuid:series>/undo-cancel/",
        get=POSTED,
        post="ptd:409 a:login *:404",
        json=True,
    ),
    Row(CLINIC_API + "utilization/", get=ADMINS),
    Row(CLINIC_API + "utilization/mine/", get="a:login tu:200 *:404"),
    Row(CLINIC_API + "waiting/", get=IN, post=WRITES, json=True),
    Row(ONE_WAITING, get=ITS),
    Row(ONE_WAITING + "leave/", get=POSTED, post=ITS, json=True),
    Row(
        ONE_WAITING + "prefer/",
        get=POSTED,
        post="td:200 a:login *:404",
        data={"priority": 0},
        json=True,
    ),
    Row(
        ONE_WAITING + "offer/",
        get=POSTED,
        post="td:422 p:422 a:login *:422",
        json=True,
    ),
    Row(ONE_OFFER + "accept/", get=POSTED, post=ITS, json=True),
    Row(ONE_OFFER + "decline/", get=POSTED, post=ITS, json=True),
    Row(ONE_OFFER + "withdraw/", get=POSTED, post="td:200 a:login *:404", json=True),
    Row(CLINIC_API + "groups/", get=CATALOGUE),
    Row(CLINIC_API + "groups/<uuid:group>/", get=CATALOGUE),
    Row(CLINIC_API + "groups/<uuid:group>/join/", get=POSTED, post=WRITES, json=True),
    Row(CLINIC_API + "memberships/", get=IN),
    Row(CLINIC_API + "memberships/<uuid:member>/", get="ptd:200 a:login *:404"),
    Row(
        CLINIC_API + "memberships/<uuid:member>/leave/",
        get=POSTED,
        post="ptd:200 a:login *:404",
        data={"reason": "other"},
        json=True,
    ),
    Row(KEPT, get="a:login tudc:200 *:404", post=KEEPS_NOT, json=True),
    Row(KEPT + "<uuid:group>/", get="tdc:200 a:login *:404", patch=KEEPS, json=True),
    Row(KEPT + "<uuid:group>/members/", get=RUNS),
    Row(KEPT + "<uuid:group>/times/", get=POSTED, post=KEEPS_NOT, json=True),
    Row(KEPT + "<uuid:group>/facilitators/", get=POSTED, post=KEEPS_NOT, json=True),
    Row(KEPT + "<uuid:group>/pause/", get=POSTED, post=KEEPS_NOT, json=True),
    Row(KEPT + "<uuid:group>/resume/", get=POSTED, post=KEEPS_NOT, json=True),
    Row(KEPT + "<uuid:group>/end/", get=POSTED, post=KEEPS_NOT, json=True),
    Row(KEPT_DATE, get=RUNS, use=ONE_DATE),
    Row(KEPT_DATE + "attend/", get=POSTED, post=RUNS_NOT, json=True, use=ONE_DATE),
    Row(KEPT_DATE + "cancel/", get=POSTED, post=RUNS_NOT, json=True, use=ONE_DATE),
    Row(
        KEPT_DATE + "undo-cancel/",
        get=POSTED,
        post="td:409 a:login *:404",
        json=True,
        use=ONE_DATE,
    ),
    Row(KEPT_DATE + "move/", get=POSTED, post=RUNS_NOT, json=True, use=ONE_DATE),
    Row(
        CLINIC_API + "staff/therapists/<uuid:therapist>/out/",
        get="td:422 a:login *:404",
        post="td:422 a:login *:404",
        json=True,
    ),
    Row(
        CLINIC_API + "staff/therapists/<uuid:therapist>/out/preview/",
        get=POSTED,
        post="td:422 a:login *:404",
        json=True,
    ),
    Row(CLINIC_API + "enrollments/<uuid:enrollment>/hours/", get=ITS),
    Row(CLINIC_API + "staff/caseload/", get="tu:200 a:login *:404"),
    Row(CLINIC_API + "staff/hours/", get="tud:200 a:login *:404"),
    Row(CLINIC_API + "staff/hours/numbers/", get="c:200 a:login *:404"),
    Row(CLINIC_API + "enrollments/", get=IN, post=WRITES, json=True),
    Row(CLINIC_API + "enrollments/check/", get=POSTED, post=WRITES, json=True),
    Row(ENROLLED_API, get="ptd:200 a:login *:404"),
    Row(ENROLLED_API + "step/", get=POSTED, post=CARERS_ACT, json=True),
    Row(ENROLLED_API + "step/check/", get=POSTED, post=CARERS_ACT, json=True),
    Row(ENROLLED_API + "pause/", get=POSTED, post=CARERS_ACT, json=True),
    Row(ENROLLED_API + "resume/", get=POSTED, post=CARERS_ACT, json=True),
    Row(ENROLLED_API + "resume/check/", get=POSTED, post=CARERS_ACT, json=True),
    Row(ENROLLED_API + "undo/", get=POSTED, post="td:409 a:login *:404", json=True),
    Row(ENROLLED_API + "discharge/", get=POSTED, post=CARERS_ACT, json=True),
    Row(LEVELS_API, get=STAFF_READ, post=WRONG_IN_OFFICE, json=True),
    Row(LEVELS_API + "<uuid:level>/", get=STAFF_READ, patch=ADMINS, json=True),
    Row(LEVELS_API + "<uuid:level>/rules/", get=POSTED, post=WRONG_IN_OFFICE, json=True),
    Row(
        LEVELS_API + "<uuid:level>/rules/<int:rule>/",
        get=POSTED,
        patch=WRONG_IN_OFFICE,
        delete=ADMINS,
        json=True,
    ),
    Row(PROGRAMS_API, get=STAFF_READ, post=WRONG_IN_OFFICE, json=True),
    Row(PROGRAMS_API + "<uuid:program>/", get=STAFF_READ, patch=ADMINS, json=True),
    Row(PROGRAMS_API + "<uuid:program>/parts/", get=POSTED, post=WRONG_IN_OFFICE, json=True),
    Row(PROGRAMS_API + "<uuid:program>/parts/<int:part>/", get=POSTED, delete=ADMINS, json=True),
    Row(CLINIC_API + "me/", get=IN, patch="a:login pq:200 *:422", json=True),
]

SECTIONS = {
    "house": HOUSE,
    "accounts": ACCOUNTS,
    "booking": BOOKING,
    "series": SERIES,
    "enroll": ENROLL,
    "waiting": WAITING,
    "care": CARE,
    "join": JOIN,
    "therapist": THERAPIST,
    "groups": GROUPS,
    "desk": DESK,
    "office": OFFICE,
    "api": API,
}
