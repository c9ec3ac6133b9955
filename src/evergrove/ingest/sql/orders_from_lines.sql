-- orders_from_lines --
-- Paid purchases, one row an order: its lines summed, the earliest day of them.
--   amount  what was paid before refunds; 0 is a purchase too
select order_id, customer_id, min(day) as order_date, cast(sum(amount) as decimal(18, 4)) as amount
from ingest_settled
where verdict = 'good' and class in ('purchase', 'refunded') and order_id is not null
group by order_id, customer_id
union all
select order_id, customer_id, day as order_date, amount
from ingest_settled
where verdict = 'good' and class in ('purchase', 'refunded') and order_id is null
