"""Working calendars: hours of the week, holidays and make-up workdays, in a zone. Each year is stated, or not known."""

from lastmeter.kernel.calendars.calendar_file import built_in_calendars, load_calendar, read_calendar
from lastmeter.kernel.calendars.working_time import Calendar, Hours, Stretch

__all__ = ["Calendar", "Hours", "Stretch", "built_in_calendars", "load_calendar", "read_calendar"]
