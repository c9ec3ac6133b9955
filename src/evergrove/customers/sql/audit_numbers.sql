-- audit_numbers --
-- The row of one customer in customer_summary.
select
    orders,
    frequency,
    recency,
    T,
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
where cast(customer_id as varchar) = $customer
