-- orders --
-- Paid purchases where every row is an order.
--   amount  what was paid before refunds; 0 is a purchase too
select order_id, customer_id, day as order_date, amount
from ingest_settled
where verdict = 'good' and class in ('purchase', 'refunded')
