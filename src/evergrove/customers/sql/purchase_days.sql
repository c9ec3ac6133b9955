-- purchase_days --
-- One row per customer and day with a paid order. Two orders on one day are one purchase.
--   net_amount  what was paid that day, less what was taken back of its orders; NULL throughout without amounts
--   orders      orders of that day
--   gap         days since the customer's purchase day before; NULL on the first
-- Few days have several orders: adding these to the first costs less than summing every day.
select
    purchases.customer_id,
    purchases.order_date,
    cast(purchases.net_amount + coalesce(same_day_orders.further_amount, 0) as decimal(18, 4)) as net_amount,
    1 + coalesce(same_day_orders.further_orders, 0) as orders,
    purchases.gap
from purchases
left join same_day_orders
    on purchases.customer_id = same_day_orders.customer_id and purchases.order_date = same_day_orders.order_date
where purchases.gap is null or purchases.gap > 0
