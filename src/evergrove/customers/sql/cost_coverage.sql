-- cost_coverage --
-- How many orders with a price there are by $observation_end, and of how many the cost is known.
select
    count(*) as orders,
    count(cost) as costed
from costed_orders
where order_date <= $observation_end and amount > 0
