-- segment_orders --
-- Paid orders of each customer after $since, up to $as_of.
select customer_id, cast(count(*) as bigint) as value
from orders
where order_date > $since and order_date <= $as_of
group by customer_id
