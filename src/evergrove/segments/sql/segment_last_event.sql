-- segment_last_event --
-- Days from each customer's latest event of a kind to $as_of.
select customer_id, date_diff('day', max(cast(happened_at as date)), $as_of) as value
from events
where customer_id is not null and kind = $kind and cast(happened_at as date) <= $as_of
group by customer_id
