-- order_margins --
-- What is known of each customer's margin: one row per customer of customer_summary, in the order of customer_id.
-- Of purchase days whose every paid order has a cost, by $observation_end:
--   days     how many
--   shares   sum over them of (amount - cost) / amount
--   squares  sum over them of the same squared
--   revenue  what was paid on them, refunds not deducted
--   margin   the same less costs
-- Sums are of exact decimals, so that no order of rows shows in them.
with
days as (
    select customer_id, sum(amount) as amount, sum(cost) as cost
    from orders
    where order_date <= $observation_end and amount > 0
    group by customer_id, order_date
    having count(*) = count(cost)
),
shared as (
    select
        customer_id,
        amount,
        cost,
        cast(cast(amount - cost as double) / cast(amount as double) as decimal(12, 6)) as share
    from days
),
known as (
    select
        customer_id,
        count(*) as days,
        sum(share) as shares,
        sum(share * share) as squares,
        sum(amount) as revenue,
        sum(amount - cost) as margin
    from shared
    group by customer_id
)
select
    cast(coalesce(known.days, 0) as double) as days,
    cast(coalesce(known.shares, 0) as double) as shares,
    cast(coalesce(known.squares, 0) as double) as squares,
    cast(coalesce(known.revenue, 0) as double) as revenue,
    cast(coalesce(known.margin, 0) as double) as margin
from customer_summary
left join known on customer_summary.customer_id = known.customer_id
order by customer_summary.customer_id
