-- order_margins --
-- What is known of each customer's margin: one row per customer of customer_summary, in the order of customer_id.
-- Of days by $observation_end on which every order with a price has a cost:
--   days     how many of them brought anything
--   shares   sum over those of (amount - cost) / amount, none below -9: a token price says nothing of shares
--   squares  sum over them of the same squared
--   revenue  what was paid on all these days, refunds not deducted
--   margin   the same less costs, those of orders without a price included
-- Sums are of exact decimals, so that no order of rows shows in them.
with
days as (
    select customer_id, sum(amount) as amount, sum(cost) as cost
    from costed_orders
    where order_date <= $observation_end and amount >= 0
    group by customer_id, order_date
    having count(cost) > 0 and count(*) filter (where amount > 0 and cost is null) = 0
),
shared as (
    select
        customer_id,
        amount,
        cost,
        case
            when amount > 0
                then cast(
                    greatest(cast(amount - cost as double) / cast(amount as double), -9.0) as decimal(12, 6)
                )
        end as share
    from days
),
known as (
    select
        customer_id,
        count(share) as days,
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
