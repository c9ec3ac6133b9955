-- segment_tickets --
-- How many tickets each customer opened after $since, up to $as_of.
select customer_id, cast(count(*) as bigint) as value
from tickets
where
    customer_id is not null
    and cast(opened_at as date) > $since and cast(opened_at as date) <= $as_of
group by customer_id
