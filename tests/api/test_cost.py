"""What a write costs in statements at most, with all that the door asks and the limit's count."""

MOST = {"hold": 22, "extend": 19, "confirm": 31, "move": 39, "cancel": 30, "undo": 32}


def test_writes_cost_no_more_than_this(world, caller, slot, django_assert_max_num_queries):
    nora, stranger = caller(world.nora), caller()
    nora.get("me/")  # notes the token's use, once a minute

    def cost(what: str, send):
        with django_assert_max_num_queries(MOST[what], info=what):
            answer = send()
        assert answer.status_code in (200, 201), (what, answer.content)
        return answer.json()

    held = cost("hold", lambda: stranger.post("holds/", slot()))
    secret = {"X_Hold_Secret": held["secret"]}
    cost("extend", lambda: stranger.post(f"holds/{held['id']}/extend/", **secret))
    hold = {"hold": held["id"], "secret": held["secret"]}
    here = f"bookings/{cost('confirm', lambda: nora.post('bookings/', hold))['id']}"
    to = {"start": "2027-03-08T10:00-08:00"}
    cost("move", lambda: nora.post(f"{here}/reschedule/", to))
    cost("cancel", lambda: nora.post(f"{here}/cancel/"))
    cost("undo", lambda: nora.post(f"{here}/undo-cancel/"))
