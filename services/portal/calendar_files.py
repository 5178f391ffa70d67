"""Calendar files for the reader's own calendar."""

from starlette.responses import Response

from shared.calendar import Appointment, calendar_invitation


def calendar_file(entry: Appointment) -> Response:
    """Return an appointment as a file to open or store."""
    return Response(
        calendar_invitation(entry, method="PUBLISH"),
        media_type="text/calendar; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="kring.ics"'},
    )
