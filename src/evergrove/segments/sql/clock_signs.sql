-- clock_signs --
-- One row per customer of the roster of whom something was told beside orders that will leave a window: on how many
-- days from $observation_end on that happens first.
--   row   of the customer in the roster
--   days  1 or more
with
dated as (
    select customer_id, cast(happened_at as date) as day, $window_days as days
    from events
    where kind not in ('visit', 'login', 'app')
    union all
    select customer_id, cast(happened_at as date) as day, 2 * $window_days as days
    from events
    where kind not in ('visit', 'login', 'app')
    union all
    select customer_id, cast(opened_at as date) as day, $window_days as days
    from tickets
    union all
    select customer_id, cast(closed_at as date) as day, 0 as days
    from tickets
    where closed_at is not null
    union all
    select customer_id, cast(answered_at as date) as day, 365 as days
    from surveys
    where kind = 'nps'
    union all
    select customer_id, refund_date as day, 365 as days
    from refunds
),
ahead as (
    select customer_id, date_diff('day', $observation_end, day) + days as days
    from dated
    where day <= $observation_end or days = 0
)
select roster.row, min(ahead.days) as days
from ahead
inner join roster on ahead.customer_id = roster.customer_id
where ahead.days > 0 and roster.row < $buyers
group by roster.row
order by roster.row
