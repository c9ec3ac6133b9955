-- customer_summary --
-- One row per customer who has bought by $observation_end, in the order of customer_id. Times in days.
--   orders             paid orders, not counting those refunded to nothing
--   frequency          purchase days after the first (x)
--   recency            days from the first to the last purchase day (t_x)
--   T                  days from the first purchase day to $observation_end
--   log_intervals      sum of the natural logarithms of the gaps between purchase days, in days; 0 without a repeat
--   monetary_value     mean net amount of a repeat day; NULL, not 0, without one
--   mean_day_spend     mean net amount of all x + 1 days
--   historic_value     everything paid less everything refunded
--   spend_12m          the same, dated within the 365 days ending with $observation_end
--   orders_12m         orders in these days; repeat_orders_12m: those that are not the first ever
--   aov_12m            spend_12m / orders_12m; NULL without an order
--   orders_last_window orders in the last $window_days days; orders_prev_window: in as many days before
--   gap_p80, gap_p95   quantiles (linear between ranks) of the own gaps between purchase days, in days;
--                      NULL with fewer than $own_gaps gaps
--   returned_gap       the longest gap, in days, that a purchase of the last $won_back_days days ended; NULL without
--                      a repeat in them
with
credited as (
    select
        customer_id,
        sum(amount) as credited,
        sum(amount) filter (where credit_date > $observation_end - 365) as credited_12m
    from credits
    group by customer_id
),
counted as (
    select
        customer_id,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        count(*) as orders,
        count(nullif(gap, 0)) as frequency,
        sum(cast(ln(nullif(gap, 0)) as decimal(18, 12))) as log_intervals,  -- exact sums know no order
        sum(net_amount) as amount,
        sum(net_amount) filter (where gap is null) as first_amount,
        sum(net_amount) filter (where order_date > $observation_end - 365) as amount_12m,
        count(*) filter (where order_date > $observation_end - 365) as orders_12m,
        count(*) filter (where order_date > $observation_end - $window_days) as last_window,
        count(*) filter (where order_date > $observation_end - 2 * $window_days) as two_windows,
        quantile_cont(nullif(gap, 0), [0.80, 0.95]) as gap_quantiles,  -- exact; Spark calls it percentile
        max(nullif(gap, 0)) filter (where order_date > $observation_end - $won_back_days) as returned_gap
    from purchases
    group by customer_id
)
select
    counted.customer_id,
    first_order_date,
    last_order_date,
    cast(orders as bigint) as orders,
    frequency,
    cast(last_order_date - first_order_date as bigint) as recency,
    cast($observation_end - first_order_date as bigint) as T,
    cast(coalesce(log_intervals, 0) as double) as log_intervals,
    cast(amount - first_amount - coalesce(further_amount, 0) as double) / nullif(frequency, 0) as monetary_value,
    cast(amount as double) / (frequency + 1) as mean_day_spend,
    cast(amount - coalesce(credited, 0) as decimal(18, 4)) as historic_value,
    cast(
        case when amount is not null then coalesce(amount_12m, 0) - coalesce(credited_12m, 0) end as decimal(18, 4)
    ) as spend_12m,
    cast(coalesce(orders_12m, 0) as bigint) as orders_12m,
    cast(coalesce(orders_12m, 0) as bigint)
        - case when first_order_date > $observation_end - 365 then 1 else 0 end as repeat_orders_12m,
    cast(amount_12m - coalesce(credited_12m, 0) as double) / orders_12m as aov_12m,
    cast(coalesce(last_window, 0) as bigint) as orders_last_window,
    cast(coalesce(two_windows, 0) - coalesce(last_window, 0) as bigint) as orders_prev_window,
    case when frequency >= $own_gaps then gap_quantiles[1] end as gap_p80,
    case when frequency >= $own_gaps then gap_quantiles[2] end as gap_p95,
    returned_gap
from counted
left join credited on counted.customer_id = credited.customer_id
left join same_day_orders  -- of the first day: they are no repeat
    on counted.customer_id = same_day_orders.customer_id
    and counted.first_order_date = same_day_orders.order_date
order by counted.customer_id
