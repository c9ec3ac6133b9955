-- first_seen --
-- The first purchase day of every customer, in days since 1970, by what purchases shows.
select cast(min(order_date) - date '1970-01-01' as bigint) as first_order_date
from purchases
group by customer_id
