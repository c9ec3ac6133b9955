-- published --
-- customer_summary as it leaves the house: ids are text.
select
    cast(customer_id as varchar) as customer_id,
    first_order_date,
    last_order_date,
    orders,
    frequency,
    recency,
    T,
    log_intervals,
    monetary_value,
    mean_day_spend,
    historic_value,
    spend_12m,
    orders_12m,
    repeat_orders_12m,
    aov_12m,
    orders_last_window,
    orders_prev_window,
    gap_p80,
    gap_p95,
    returned_gap
from customer_summary
