-- done_days --
-- Every day on which a customer did something beside buying, as far as it is told; whatever the day.
select customer_id, cast(happened_at as date) as day
from events
where customer_id is not null and happened_at is not null
union
select customer_id, cast(opened_at as date) as day
from tickets
where customer_id is not null and opened_at is not null
union
select customer_id, cast(answered_at as date) as day
from surveys
where customer_id is not null and answered_at is not null
