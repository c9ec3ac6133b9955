-- paid_orders --
-- Every order by $observation_end that was not refunded to nothing by then, less what was taken back of it.
-- A refund lowers an order only where it names it; any other is a credit, see credits.sql.
with
reduced as (
    select order_id, sum(amount) as refunded
    from refunds
    where order_id is not null and refund_date <= $observation_end
    group by order_id
)
select orders.customer_id, orders.order_date, orders.amount - coalesce(reduced.refunded, 0) as amount
from orders
left join reduced on orders.order_id = reduced.order_id
where orders.order_date <= $observation_end
    and (reduced.refunded is null or orders.amount > reduced.refunded)  -- a zero price is paid, a refund is not
