-- segment_members --
-- Who is in the segment $key.
select distinct customer_id, true as value
from memberships
where segment = $key
