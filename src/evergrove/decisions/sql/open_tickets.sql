-- open_tickets --
-- Tickets of the $days days that end with $as_of: those that are open, and those that were closed in that time.
select customer_id, ticket_id, opened_at, closed_at
from tickets
where customer_id is not null
    and opened_at is not null
    and cast(opened_at as date) <= $as_of
    and cast(opened_at as date) > $as_of - $days
order by customer_id, ticket_id
