"""From a free time to a booking, by a program."""

from tests.world import LA


def test_a_program_finds_holds_and_books_a_time(world, caller):
    """The whole way of the issue's main job, over the API alone."""
    stranger = caller()
    service = stranger.get("services/").json()[0]
    asked = {"service": service["id"], "place": "CA", "zone": LA, "from": "2027-03-02T00:00-08:00"}
    found = stranger.get("slots/", asked).json()["therapists"]
    alma = next(one for one in found if one["name"] == "Alma")
    assert alma["starts"][0] == "2027-03-02T09:00:00-08:00"
    held = stranger.post(
        "holds/",
        {
            "service": service["id"],
            "therapist": alma["therapist"],
            "start": alma["starts"][0],
            "medium": "video",
            "place": "CA",
            "zone": LA,
        },
    )
    assert held.status_code == 201
    assert held.json()["held_until"] == "2027-03-01T17:10:00Z"
    nora = caller(world.nora)
    answer = nora.post("bookings/", {"hold": held.json()["id"], "secret": held.json()["secret"]})
    assert answer.status_code == 201
    told = answer.json()
    assert (told["state"], told["start"]) == ("booked", "2027-03-02T09:00:00-08:00")
    assert nora.get("bookings/").json()["results"] == [told]
    again = stranger.get("slots/", asked).json()["therapists"]
    assert alma["starts"][0] not in next(o for o in again if o["name"] == "Alma")["starts"]
