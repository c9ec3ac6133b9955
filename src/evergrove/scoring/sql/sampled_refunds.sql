-- sampled_refunds --
-- The refunds of the customers in sampled_orders.
with
buyers as (
    select distinct customer_id from orders where order_date <= $observation_end
),
numbered as (
    select customer_id, row_number() over (order by customer_id) as nth
    from buyers
)
select refunds.order_id, refunds.customer_id, refunds.refund_date, refunds.amount
from refunds
inner join numbered on refunds.customer_id = numbered.customer_id
where mod(numbered.nth, $every) = 0
