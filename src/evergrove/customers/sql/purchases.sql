-- purchases --
-- One row per paid order, by $observation_end, with the rhythm of its customer.
--   net_amount  what was paid, less what was taken back of it; NULL throughout without $has_amounts
--   gap         days since the customer's order before: NULL on the first ever, 0 on the same day
select
    customer_id,
    order_date,
    case when $has_amounts then cast(amount as decimal(18, 4)) end as net_amount,
    cast(order_date - lag(order_date) over (partition by customer_id order by order_date) as integer) as gap
from paid_orders
where order_date <= $observation_end
