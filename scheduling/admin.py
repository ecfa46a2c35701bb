"""What operators may look at of the calendar: times and states, never whose (AC10)."""

from accounts.admin import show
from scheduling.models import (
    Connection,
    Event,
    Holiday,
    Modality,
    Occupancy,
    Offering,
    Room,
    Service,
    Session,
    Task,
    WeeklyHours,
)

show(Modality, "clinic", "code", "name")
show(Service, "clinic", "name", "kind", "minutes", "video", "telephone", "active")
show(Offering, "therapist", "service", "active")
show(WeeklyHours, "therapist", "pattern", "valid_from", "valid_until")
show(Holiday, "clinic", "day", "name")
show(Session, "uuid", "clinic", "starts_at", "ends_at", "medium", "state", "revision")
show(Occupancy, "profile", "start", "end", "busy_from", "busy_until", "live", "held_until")
show(Event, "clinic", "session", "kind", "at", "planned_at")
show(Task, "uuid", "kind", "clinic", "due_at", "attempts", "done_at", "gave_up_at", "outcome")
show(Connection, "clinic", "kind", "name", "baa_on_file", "enabled")
show(Room, "session", "state", "generation", "filled_at")
