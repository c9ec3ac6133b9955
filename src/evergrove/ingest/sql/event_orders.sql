-- event_orders --
-- What is known of the orders that events name without telling all of them: every paid version, known or just told.
select order_id, customer_id, order_date, amount, version_at
from event_stored_orders
where status <> 'void' and order_id in (select order_id from event_told) and customer_id in (select customer_id from event_told)
union all
select
    order_id,
    customer_id,
    coalesce(day, cast(timezone($zone, timezone('UTC', happened_at)) as date)) as order_date,
    amount,
    updated as version_at
from event_told
where class = 'purchase' and not is_amendment
