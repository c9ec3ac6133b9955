-- columns --
-- customer_summary as numbers, row by row: dates as days since 1970, NULL as NaN (a mask would cost a copy).
select
    cast(first_order_date - date '1970-01-01' as bigint) as first_order_date,
    cast(last_order_date - date '1970-01-01' as bigint) as last_order_date,
    orders,
    frequency,
    recency,
    T,
    log_intervals,
    coalesce(monetary_value, cast('nan' as double)) as monetary_value,
    coalesce(mean_day_spend, cast('nan' as double)) as mean_day_spend,
    coalesce(cast(historic_value as double), cast('nan' as double)) as historic_value,
    coalesce(cast(spend_12m as double), cast('nan' as double)) as spend_12m,
    orders_12m,
    repeat_orders_12m,
    coalesce(aov_12m, cast('nan' as double)) as aov_12m,
    orders_last_window,
    orders_prev_window,
    coalesce(gap_p80, cast('nan' as double)) as gap_p80,
    coalesce(gap_p95, cast('nan' as double)) as gap_p95,
    coalesce(cast(returned_gap as double), cast('nan' as double)) as returned_gap
from customer_summary
