-- other_costs --
-- What customers cost beside goods, by $observation_end: one row per cost that is not one of goods.
--   customer_id  whose it is: told, or that of the order; NULL where nobody knows
--   kind         acquisition, contact, or service, which every other word counts as (shipping, payment)
--   dated        the day it was incurred, else the order's; NULL where neither is told
select
    coalesce(costs.customer_id, orders.customer_id) as customer_id,
    case when costs.kind in ('acquisition', 'contact') then costs.kind else 'service' end as kind,
    coalesce(costs.incurred_on, orders.order_date) as dated,
    costs.amount
from costs
left join orders on costs.order_id = orders.order_id
where coalesce(costs.kind, case when costs.order_id is null then 'service' else 'goods' end) <> 'goods'
    and coalesce(costs.incurred_on, orders.order_date, $observation_end) <= $observation_end
