-- same_day_orders --
-- The further orders of a customer's purchase day, where it has more than one: what they add to the first.
select
    customer_id,
    order_date,
    count(*) as further_orders,
    cast(sum(net_amount) as decimal(18, 4)) as further_amount
from purchases
where gap = 0
group by customer_id, order_date
