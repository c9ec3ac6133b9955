-- target_early_churn --
-- Customers whose first order lies 90 to 180 days before $end, and how many of them were not heard of again: no
-- second order and no activity from day 1 to day 90.
with
firsts as (
    select customer_id, min(order_date) as first_on
    from orders
    where order_date <= $end
    group by customer_id
),
cohort as (
    select customer_id, first_on
    from firsts
    where first_on <= $end - 90 and first_on >= $end - 180
),
heard as (
    select cohort.customer_id
    from cohort
    inner join orders on cohort.customer_id = orders.customer_id
    where orders.order_date > cohort.first_on and orders.order_date <= cohort.first_on + 90
    union
    select cohort.customer_id
    from cohort
    inner join done_days on cohort.customer_id = done_days.customer_id
    where done_days.day > cohort.first_on and done_days.day <= cohort.first_on + 90
)
select count(*) as customers, count(*) - count(heard.customer_id) as successes
from cohort
left join heard on cohort.customer_id = heard.customer_id
