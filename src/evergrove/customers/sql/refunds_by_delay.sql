-- refunds_by_delay --
-- What went back of orders that were refunded by name, by the age of the order and by the days that it took.
--   age     days from the order to $observation_end
--   delay   days from the order to the refund; one dated before its order counts as of the order's day
--   amount  refunds, cut to what was left of their order
with
named as (
    select
        orders.order_id,
        orders.order_date,
        orders.amount as paid,
        greatest(refunds.refund_date, orders.order_date) as refund_date,
        sum(refunds.amount) as amount
    from orders
    inner join refunds on orders.order_id = refunds.order_id
    where orders.order_date <= $observation_end
        and refunds.refund_date <= $observation_end
        and orders.amount > 0
    group by
        orders.order_id, orders.order_date, orders.amount, greatest(refunds.refund_date, orders.order_date)
),
summed as (
    select
        order_date,
        refund_date,
        paid,
        amount,
        sum(amount) over (partition by order_id order by refund_date) as so_far
    from named
)
select
    cast($observation_end - order_date as bigint) as age,
    cast(refund_date - order_date as bigint) as delay,
    cast(sum(least(so_far, paid) - least(so_far - amount, paid)) as double) as amount
from summed
group by age, delay
order by age, delay
