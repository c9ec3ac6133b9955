"""``/metrics``: the service's own figures, for Prometheus and whoever has the right."""

from __future__ import annotations

from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time
from starlette.responses import Response

from evergrove.http import Routes, ThisCall
from evergrove.server.metrics import CONTENT_TYPE, exposed, workspace_figures

routes = Routes(tag="operation")


@routes.get("/metrics", right="metrics.read", response_class=Response)
def metrics(request: Request, call: ThisCall) -> Response:
    """The service's own figures, in the text format of Prometheus; docs/operations.md says what each of them tells."""
    here = call.service.here
    text = exposed(request.app.state.figures, workspace_figures(here.ledger, here.clock.now()))
    return Response(text, media_type=CONTENT_TYPE)
