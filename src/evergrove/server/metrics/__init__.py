"""The service's own figures: counted in each process, added up for the workspace, shown at ``/metrics``."""

from evergrove.server.metrics.exposition import CONTENT_TYPE, exposed
from evergrove.server.metrics.families import FAMILIES
from evergrove.server.metrics.own import OwnFigures
from evergrove.server.metrics.shared import Sharing
from evergrove.server.metrics.workspace import workspace_figures

__all__ = ["CONTENT_TYPE", "FAMILIES", "OwnFigures", "Sharing", "exposed", "workspace_figures"]
