"""Whether what the archive keeps is still what was put there: figures, and what is damaged."""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi.responses import HTMLResponse

from printserver.archive.fixity_queries import FixityFigures, damaged_records, fixity_figures
from printserver.http_edge.declarations import requires
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.returns.foreign_fixity import import_figures
from printserver.web.view import CurrentView

router = edge_router("/archive-fixity", "pages")


@router.get("", response_class=HTMLResponse)
@requires(Permission.READ_ARCHIVE)
def show_fixity(view: CurrentView, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> HTMLResponse:
    days, figures = adapters.settings.fixity_days, fixity_figures(work, actor)
    late = days > 0 and _is_late(figures, work.now() - timedelta(days=2 * days))
    return view.page(
        "fixity.html",
        figures=figures,
        damaged=damaged_records(work, actor),
        imported=import_figures(work, actor),
        days=days,
        late=late,
    )


def _is_late(figures: FixityFigures, long_ago: datetime) -> bool:
    """Nobody seems to check: the worker or the store is away."""
    return figures.oldest is not None and figures.oldest < long_ago
