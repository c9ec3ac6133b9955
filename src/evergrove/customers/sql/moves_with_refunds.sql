-- moves_with_refunds --
-- What happened, as seen from an origin: each row is of one kind, the columns of the others are NULL.
--   then_day, then_gap, then_amount  a purchase day as it stood at the origin (purchase_days_then)
--   then_orders                      the orders of that day
--   then_credit, credit_day          a credit as of the origin, and the day it counts on (credits_then)
--   until_day                        a purchase day as it stood at the end of the window (purchase_days_until)
--   flow_day, flow                   money that was paid, or paid back, that day
select
    customer_id,
    order_date as then_day,
    gap as then_gap,
    net_amount as then_amount,
    orders as then_orders,
    cast(null as decimal(18, 4)) as then_credit,
    cast(null as date) as credit_day,
    cast(null as date) as until_day,
    cast(null as date) as flow_day,
    cast(null as decimal(18, 4)) as flow
from purchase_days_then
union all
select customer_id, null, null, null, null, amount, credit_date, null, null, null
from credits_then
union all
select customer_id, null, null, null, null, null, null, order_date, null, null
from purchase_days_until
union all
select customer_id, null, null, null, null, null, null, null, order_date, amount
from orders
union all
select customer_id, null, null, null, null, null, null, null, refund_date, -amount
from refunds
