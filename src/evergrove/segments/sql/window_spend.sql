-- window_spend --
-- One row per customer of customer_summary, in the order of customer_id: what repeat orders brought in the last
-- $window_days days, and in as many days before. Orders of the first purchase day are not counted.
--   recent_spend, previous_spend       net amounts, less what was taken back of these orders
--   recent_squares, previous_squares   sums of the squares of the orders' amounts
with
windows as (
    select
        purchases.customer_id,
        sum(net_amount) filter (where order_date > $observation_end - $window_days) as recent_spend,
        sum(cast(net_amount * net_amount as decimal(38, 8)))
            filter (where order_date > $observation_end - $window_days) as recent_squares,
        sum(net_amount) filter (where order_date <= $observation_end - $window_days) as previous_spend,
        sum(cast(net_amount * net_amount as decimal(38, 8)))
            filter (where order_date <= $observation_end - $window_days) as previous_squares
    from purchases
    join customer_summary on purchases.customer_id = customer_summary.customer_id
    where order_date > $observation_end - 2 * $window_days and order_date > first_order_date
    group by purchases.customer_id
)
select
    cast(coalesce(windows.recent_spend, 0) as double) as recent_spend,
    cast(coalesce(windows.recent_squares, 0) as double) as recent_squares,
    cast(coalesce(windows.previous_spend, 0) as double) as previous_spend,
    cast(coalesce(windows.previous_squares, 0) as double) as previous_squares
from customer_summary
left join windows on customer_summary.customer_id = windows.customer_id
order by customer_summary.customer_id
