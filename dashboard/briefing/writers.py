"""Every format that a briefing is written in: one function each, which renders what `compose` said and adds nothing."""

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event

from dashboard.briefing.content import Briefing
from dashboard.briefing.errors import BriefingError
from dashboard.briefing.geopackage import write_gpkg
from dashboard.briefing.printing import Progress, write_pdf, write_png
from dashboard.briefing.slides import write_pptx
from dashboard.briefing.web import write_html
from dashboard.briefing.workbook import write_xlsx

# Writes the file whole or not at all; equal briefings give equal bytes. Raises Cancelled when the event is set on the way.
Writer = Callable[[Briefing, Path, Progress | None, Event | None], None]
WRITERS: Mapping[str, Writer] = {
    "pdf": write_pdf,
    "png": write_png,
    "pptx": write_pptx,
    "html": write_html,
    "xlsx": write_xlsx,
    "gpkg": write_gpkg,
}


def write(briefing: Briefing, out: Path, progress: Progress | None = None, cancel: Event | None = None) -> Path:
    """Write the briefing in the format that its choice names; return `out`."""
    form = briefing.choice.form
    if form not in WRITERS:
        raise BriefingError(f"{out.name}: format {form!r}; wanted one of: {', '.join(WRITERS)}")
    WRITERS[form](briefing, out, progress, cancel)
    return out
