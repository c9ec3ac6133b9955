-- audit_orders --
-- Every order of one customer, counted or not, with what was explicitly taken back of it by $observation_end.
with
reduced as (
    select order_id, sum(amount) as refunded
    from refunds
    where refund_date <= $observation_end
    group by order_id
)
select orders.order_id, orders.order_date, orders.amount, coalesce(reduced.refunded, 0) as refunded
from orders
left join reduced on orders.order_id = reduced.order_id
where cast(orders.customer_id as varchar) = $customer
order by orders.order_date, orders.order_id, orders.amount
