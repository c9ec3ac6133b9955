-- clock_subscriptions --
-- One row per customer of the roster whose subscription may stand otherwise by time alone: on how many days from
-- $observation_end on the first of its dates comes, or the end of the days in which one who resumed is won back.
--   row   of the customer in the roster
--   days  1 or more
with
dated as (
    select customer_id, started_on as day from subscriptions
    union all
    select customer_id, started_on + $won_back_days as day from subscriptions
    union all
    select customer_id, trial_until as day from subscriptions
    union all
    select customer_id, cancelled_on as day from subscriptions
    union all
    select customer_id, paid_until as day from subscriptions
    union all
    select customer_id, ended_on as day from subscriptions
    union all
    select customer_id, cast(updated_at as date) as day from subscriptions
)
select roster.row, date_diff('day', $observation_end, min(dated.day)) as days
from dated
inner join roster on dated.customer_id = roster.customer_id
where dated.day > $observation_end and roster.row < $buyers
group by roster.row
order by roster.row
