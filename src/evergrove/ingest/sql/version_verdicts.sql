-- version_verdicts --
-- Versions of orders in this import that change nothing of what is known, each by itself, as an import of events may
-- hold several of one order: changed, a conflict; or duplicate, where it is older than the one that holds or says the same.
-- $seq: of this import.
select told.order_key, told.customer_id, told.order_date, told.amount, told.status, told.version_at, 'duplicate' as verdict
from told_orders as told
inner join fact_repeated as repeated on repeated.order_key = told.order_key
where not repeated.differs and not (repeated.first_seq = $seq and repeated.first_at = told.version_at)
union all
select
    order_key,
    customer_id,
    order_date,
    amount,
    status,
    version_at,
    case when is_conflict then 'changed' else 'duplicate' end as verdict
from fact_standing
where import_seq = $seq and (is_conflict or nth_newest > 1 or coalesce(said = said_before, false))
