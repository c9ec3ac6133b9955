-- moves --
-- The purchase days as seen from any origin, where nothing was ever refunded: see moves_with_refunds.
select
    customer_id,
    order_date as then_day,
    gap as then_gap,
    net_amount as then_amount,
    orders as then_orders,
    cast(null as decimal(18, 4)) as then_credit,
    cast(null as date) as credit_day,
    order_date as until_day,
    order_date as flow_day,
    net_amount as flow
from purchase_days
