-- silence_at_origin --
-- One row per sampled customer who had bought by $origin: how long he was silent then, and whether he came back.
--   silence   days from the last purchase day by $origin to $origin
--   gaps      gaps between purchase days by $origin
--   gap_p95   the gap that 95 % of them do not exceed, in days; NULL without a gap
--   category_p95  the same of the customer's category; NULL where it has no rhythm
--   returned  1 with a purchase day after $origin and by $until, else 0
-- Every $step-th customer is looked at: a share is known well from some thousands.
with
numbered as (
    select customer_id, row_number() over (order by customer_id) as nth
    from customer_summary
),
sampled as (
    select customer_id
    from numbered
    where nth % $step = 0
),
histories as (
    select
        orders.customer_id,
        max(orders.order_date) filter (where orders.order_date <= $origin) as last_date,
        count(nullif(orders.gap, 0)) filter (where orders.order_date <= $origin) as gaps,
        quantile_cont(  -- exact; Spark calls it percentile
            case when orders.order_date <= $origin then nullif(orders.gap, 0) end, 0.95
        ) as gap_p95,
        max(case when orders.order_date > $origin then 1 else 0 end) as returned
    from purchases as orders
    inner join sampled on orders.customer_id = sampled.customer_id
    where orders.order_date <= $until
    group by orders.customer_id
)
select
    date_diff('day', last_date, $origin) as silence,
    gaps,
    gap_p95,
    category_gaps.p95 as category_p95,
    returned
from histories
left join category_gaps on histories.customer_id = category_gaps.customer_id
where last_date is not null
order by histories.customer_id
