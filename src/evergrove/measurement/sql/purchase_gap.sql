-- purchase_gap --
-- The gap in days within which 9 of 10 repeat purchase days have come, over all customers and up to $as_of; NULL
-- without a repeat. Gaps that are still open are not in it.
with
purchase_days as (
    select distinct customer_id, order_date
    from orders
    where order_date <= $as_of
),
gaps as (
    select order_date - lag(order_date) over (partition by customer_id order by order_date) as gap
    from purchase_days
)
select quantile_cont(cast(gap as double), 0.9) as gap_p90  -- exact; Spark calls it percentile
from gaps
where gap is not null
