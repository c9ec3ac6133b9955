-- first_days --
-- One row per customer whose first order is $early_days old by $observation_end: what was known of it then,
-- beside what came later, as far as it is known.
--   first_date       day of the first order, in days since 1970
--   first_amount     orders of that day
--   early_orders     days with an order among the $early_days after it
--   early_spend      orders of all these days and the first, less refunds dated in them
--   second_day       days from the first order to the second purchase day among them; NaN without one
--   last_day         days from the first order to the last purchase day among them; 0 without one
--   late_purchases   days with an order after them, by the end of $horizon_days
--   late_spend       orders dated in these days less refunds dated in them
-- An order counts unless all of it was taken back within $early_days of it, and of an early order by the day on
-- which the forecast is made, of a later one by the end of $horizon_days: what was taken back after that was not
-- known then. Order and refund meet by the order's number, else a refund stands for itself.
with
placed as (
    select order_id, customer_id, order_date, sum(amount) as amount
    from orders
    where order_date <= $observation_end
    group by order_id, customer_id, order_date
),
taken_back as (
    select placed.order_id, max(refunds.refund_date) as back_date
    from placed
    join refunds on refunds.order_id = placed.order_id
    where refunds.refund_date <= placed.order_date + cast($early_days as integer) and placed.amount > 0
    group by placed.order_id, placed.amount
    having sum(refunds.amount) >= placed.amount
),
begun as (
    select customer_id, min(order_date) as first_date
    from placed
    where order_id is null or order_id not in (select order_id from taken_back)
    group by customer_id
),
ignored as (
    select distinct placed.order_id
    from placed
    join taken_back using (order_id)
    join begun using (customer_id)
    where taken_back.back_date <= begun.first_date + cast(
        case
            when placed.order_date <= begun.first_date + cast($early_days as integer) then $early_days
            else $horizon_days
        end as integer
    )
),
counted as (
    select customer_id, order_date, sum(amount) as amount
    from placed
    where order_id is null or order_id not in (select order_id from ignored)
    group by customer_id, order_date
),
flows as (
    select customer_id, order_date as day, amount, true as is_order from counted
    union all
    select customer_id, refund_date, -amount, false
    from refunds
    where refund_date <= $observation_end
        and (order_id is null or order_id not in (select order_id from ignored))
),
aged as (
    select flows.*, begun.first_date, cast(flows.day - begun.first_date as integer) as age
    from flows
    join begun using (customer_id)
    where begun.first_date + cast($early_days as integer) <= $observation_end
)
select
    customer_id,
    cast(min(first_date) - date '1970-01-01' as bigint) as first_date,
    cast(sum(amount) filter (where age = 0 and is_order) as double) as first_amount,
    cast(count(*) filter (where is_order and age > 0 and age <= $early_days) as double) as early_orders,
    cast(sum(amount) filter (where age <= $early_days) as double) as early_spend,
    coalesce(cast(min(age) filter (where is_order and age > 0 and age <= $early_days) as double), cast('nan' as double)) as second_day,
    coalesce(cast(max(age) filter (where is_order and age <= $early_days) as double), 0) as last_day,
    cast(count(*) filter (where is_order and age > $early_days and age <= $horizon_days) as double) as late_purchases,
    coalesce(cast(sum(amount) filter (where age > $early_days and age <= $horizon_days) as double), 0) as late_spend
from aged
where age >= 0
group by customer_id
order by customer_id
