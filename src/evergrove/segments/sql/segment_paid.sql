-- segment_paid --
-- What each customer paid after $since, up to $as_of, before refunds; NULL where amounts are not told.
select customer_id, cast(sum(amount) as decimal(18, 4)) as value
from orders
where order_date > $since and order_date <= $as_of
group by customer_id
