-- before_outreach --
-- What customers brought in the $days days that end with $day, over all who had ordered by then.
--   customers  how many
--   mean       of $margin times (orders less refunds) a customer
--   cap        the figure that 999 of 1,000 customers do not exceed
with
moves as (
    select customer_id, order_date as day, amount
    from orders
    where order_date <= $day
    union all
    select customer_id, refund_date as day, -amount as amount
    from refunds
    where refund_date <= $day
),
known as (
    select distinct customer_id
    from orders
    where order_date <= $day
),
brought as (
    select
        known.customer_id,
        $margin * coalesce(sum(cast(case when moves.day > $day - $days then moves.amount end as double)), 0) as margin
    from known
    left join moves on known.customer_id = moves.customer_id
    group by known.customer_id
)
select
    cast(count(*) as bigint) as customers,
    avg(margin) as mean,
    quantile_cont(margin, 0.999) as cap  -- exact; Spark calls it percentile
from brought
