"""What is remembered, and what the database itself refuses."""

from scheduling.models.availability import AccessDay, DayHours, Holiday, TimeOff, WeeklyHours
from scheduling.models.booking import Booking, CheckIn
from scheduling.models.catalogue import Kind, Medium, Modality, Offering, Service
from scheduling.models.event import Event, EventKind
from scheduling.models.group import Entry, Facilitator, Group, Member
from scheduling.models.program import Enrollment, Level, LevelRule, Pause, Program, ProgramPart
from scheduling.models.reply import StoredReply
from scheduling.models.room import ActionLink, Connection, HookReceipt, JoinLink, Room
from scheduling.models.series import Series, SeriesLink
from scheduling.models.session import Occupancy, Session
from scheduling.models.task import Invite, Task, TaskKind
from scheduling.models.waitlist import Waiting, WaitOffer

__all__ = [
    "AccessDay",
    "ActionLink",
    "Booking",
    "CheckIn",
    "Connection",
    "DayHours",
    "Enrollment",
    "Entry",
    "Event",
    "EventKind",
    "Holiday",
    "Facilitator",
    "Group",
    "HookReceipt",
    "Invite",
    "JoinLink",
    "Kind",
    "Level",
    "LevelRule",
    "Medium",
    "Member",
    "Modality",
    "Occupancy",
    "Offering",
    "Pause",
    "Program",
    "ProgramPart",
    "Room",
    "Series",
    "SeriesLink",
    "Service",
    "Session",
    "StoredReply",
    "Task",
    "TaskKind",
    "TimeOff",
    "WaitOffer",
    "Waiting",
    "WeeklyHours",
]
