-- columns --
-- customer_summary as numbers, row by row: dates as days since 1970, money and what may be NULL as double.
select
    date_diff('day', date '1970-01-01', first_order_date) as first_order_date,
    date_diff('day', date '1970-01-01', last_order_date) as last_order_date,
    orders,
    frequency,
    recency,
    T,
    monetary_value,
    mean_day_spend,
    cast(historic_value as double) as historic_value,
    cast(spend_12m as double) as spend_12m,
    orders_12m,
    repeat_orders_12m,
    aov_12m,
    orders_last_window,
    orders_prev_window,
    gap_p80,
    gap_p95,
    cast(last_gap as double) as last_gap
from customer_summary
