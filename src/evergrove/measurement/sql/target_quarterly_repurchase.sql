-- target_quarterly_repurchase --
-- Customers who were in growth at the end of $start, and how many of them ordered from the day after to $end.
with
grown as (
    select customer_id
    from stood_before
    where stage = 'growth'
),
ordered as (
    select distinct customer_id
    from orders
    where order_date > $start and order_date <= $end
)
select count(*) as customers, count(ordered.customer_id) as successes
from grown
left join ordered on grown.customer_id = ordered.customer_id
