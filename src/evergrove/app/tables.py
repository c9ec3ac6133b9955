"""Every station's tables, registered: what a complete ledger holds."""

from evergrove.access import tables as access
from evergrove.audit import tables as audit
from evergrove.campaigns import tables as campaigns
from evergrove.decisions import tables as decisions
from evergrove.decisions.effects import tables as effects
from evergrove.export.requested import tables as exports
from evergrove.ingest.events import tables as events
from evergrove.ingest.facts import imports
from evergrove.jobs import tables as jobs
from evergrove.ledger import figures
from evergrove.live import tables as live
from evergrove.measurement import tables as measurement
from evergrove.outbox import tables as outbox
from evergrove.people import tables as people
from evergrove.people.identity import tables as identity
from evergrove.pipeline import tables as pipeline
from evergrove.programs.coupons import tables as coupons
from evergrove.segments.language import tables as segments
from evergrove.segments.tiers import tables as tiers
from evergrove.warehouse import tables as warehouse

STATIONS = (
    pipeline,
    access,
    audit,
    warehouse,
    people,
    identity,
    imports,
    events,
    outbox,
    campaigns,
    coupons,
    decisions,
    effects,
    measurement,
    segments,
    tiers,
    jobs,
    exports,
    figures,
    live,
)
