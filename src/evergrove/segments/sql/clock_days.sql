-- clock_days --
-- One row per paid order or credit of the last $span days, in no order.
--   row      of the customer in the roster
--   day      days from $observation_end, 0 or less
--   orders   1 of an order, else 0; repeats: 1 where it is not the customer's first ever
--   amount   net amount of the order, or less what went back, in ten-thousandths; 0 without amounts
with
moved as (
    select customer_id, order_date as day, 1 as orders, case when gap is null then 0 else 1 end as repeats, net_amount
    from purchases
    where order_date > $observation_end - $span
    union all
    select customer_id, credit_date as day, 0 as orders, 0 as repeats, -amount as net_amount
    from credits
    where credit_date > $observation_end - $span
)
select
    roster.row,
    date_diff('day', $observation_end, moved.day) as day,
    moved.orders,
    moved.repeats,
    cast(coalesce(moved.net_amount, 0) * 10000 as bigint) as amount
from moved
inner join roster on moved.customer_id = roster.customer_id
where roster.row < $buyers
