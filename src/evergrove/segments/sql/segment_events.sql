-- segment_events --
-- How many events of a kind each customer has after $since, up to $as_of.
select customer_id, cast(count(*) as bigint) as value
from events
where
    customer_id is not null and kind = $kind
    and cast(happened_at as date) > $since and cast(happened_at as date) <= $as_of
group by customer_id
