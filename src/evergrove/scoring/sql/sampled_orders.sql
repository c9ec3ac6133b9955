-- sampled_orders --
-- The orders of every $every-th customer in the order of customer_id: a systematic sample on which past
-- origins are looked at where the base is large. Who has been refunded wholly since then is among them.
with
buyers as (
    select distinct customer_id from orders where order_date <= $observation_end
),
numbered as (
    select customer_id, row_number() over (order by customer_id) as nth
    from buyers
)
select orders.order_id, orders.customer_id, orders.order_date, orders.amount
from orders
inner join numbered on orders.customer_id = numbered.customer_id
where mod(numbered.nth, $every) = 0
