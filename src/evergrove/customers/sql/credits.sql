-- credits --
-- Money that went back to a customer without lowering an order, by $observation_end.
--   credit_date  the day it counts on
--   amount       > 0; lowers historic_value and spend_12m, never a purchase day
-- It is a refund that names no order (or none in sight yet), dated as it was paid; or what was refunded of
-- an order beyond its price, dated as the order. So that nothing is lost: orders less refunds is historic_value.
with
seen as (
    select order_id, customer_id, refund_date, amount
    from refunds
    where refund_date <= $observation_end
),
reduced as (
    select orders.order_id, orders.customer_id, orders.order_date, orders.amount, sum(seen.amount) as refunded
    from orders
    inner join seen on orders.order_id = seen.order_id
    where orders.order_date <= $observation_end
    group by orders.order_id, orders.customer_id, orders.order_date, orders.amount
)
select seen.customer_id, seen.refund_date as credit_date, seen.amount
from seen
left join reduced on seen.order_id = reduced.order_id
where reduced.order_id is null
union all
select customer_id, order_date as credit_date, cast(refunded - amount as decimal(18, 4)) as amount
from reduced
where refunded > amount
