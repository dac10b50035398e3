"""What keeps a room from accepting, who can change it, and where, by the names of the groupware's documentation."""

from raumpost.texts.text import Text

_WINDOW = "Exchange: Set-CalendarProcessing -BookingWindowInDays"
_DURATION = "Exchange: Set-CalendarProcessing -MaximumDurationInMinutes"
_WORKING_HOURS = "Exchange: Set-CalendarProcessing -ScheduleOnlyDuringWorkHours; Set-MailboxCalendarConfiguration"
_RECURRING = "Exchange: Set-CalendarProcessing -AllowRecurringMeetings; Zimbra: zimbraCalResAutoDeclineRecurring"
_NOT_PERMITTED = "Exchange: Set-CalendarProcessing -BookInPolicy {} -AllBookInPolicy, -ProcessExternalMeetingMessages"

SENTENCES = {
    "hint.window": Text(
        "Der Raum nimmt Buchungen nur bis zu einer Frist im Voraus an; am Raumpostfach den Buchungszeitraum verlängern",
        "the room accepts bookings only a limited time ahead; extend the booking window of the room mailbox",
    ),
    "hint.window-setting": Text(f"{_WINDOW}, voreingestellt 180", f"{_WINDOW}, by default 180"),
    "hint.duration": Text(
        "Die Buchung ist dem Raum zu lang; am Raumpostfach die Höchstdauer erhöhen",
        "the booking is too long for the room; raise the maximum duration of the room mailbox",
    ),
    "hint.duration-setting": Text(f"{_DURATION}, voreingestellt 1440", f"{_DURATION}, by default 1440"),
    "hint.working-hours": Text(
        "Der Raum ist nur zu seinen Arbeitszeiten buchbar; am Raumpostfach die Arbeitszeiten ändern oder nicht "
        "verlangen",
        "the room accepts bookings only in its working hours; change them at the room mailbox, or do not demand them",
    ),
    "hint.working-hours-setting": Text(_WORKING_HOURS, _WORKING_HOURS),
    "hint.recurring": Text(
        "Der Raum nimmt keine Serien an; am Raumpostfach Serien erlauben",
        "the room accepts no series; allow recurring meetings at the room mailbox",
    ),
    "hint.recurring-setting": Text(_RECURRING, _RECURRING),
    "hint.not-permitted": Text(
        "Der technische Benutzer darf diesen Raum nicht buchen; ihn am Raumpostfach zulassen, auch als externen "
        "Absender",
        "the technical user may not book this room; permit him at the room mailbox, as an external sender too",
    ),
    "hint.not-permitted-setting": Text(_NOT_PERMITTED.format("oder"), _NOT_PERMITTED.format("or")),
    "hint.conflict": Text(
        "Der Kalender des Raums ist zu dieser Zeit belegt; dort nachsehen, wer die Zeit hält",
        "the calendar of the room is taken at that time; look there who holds it",
    ),
    "hint.conflict-setting": Text(
        "Exchange: -AllowConflicts ließe Räume doppelt buchen, also so lassen; entfernen, was die Zeit belegt",
        "Exchange: -AllowConflicts would let rooms be booked twice, so leave it; remove what blocks the slot",
    ),
}
