-- own_hours --
-- The hour at which each of some customers is most active on $weekday, by events of the 182 days that end with $as_of.
--   hour      first hour of the best three in a row, on the customer's own clock; of equals the earliest
--   evidence  events with a time that it rests upon; customers with fewer than $least are left out
-- $shifts holds what to add to the shop's clock, in minutes, to read the customer's. An event counts fully on its own
-- weekday and a quarter on others, and it counts for the hours beside it too: half for the next, a quarter for the one
-- after. A time of exactly midnight is a day without a time.
with
heard as (
    select
        events.customer_id,
        events.happened_at + shifts.minutes * interval 1 minute as local_time
    from events
    join shifts on shifts.customer_id = events.customer_id
    where cast(events.happened_at as date) <= $as_of
        and cast(events.happened_at as date) > $as_of - 182
        and events.happened_at <> cast(cast(events.happened_at as date) as timestamp)
),
counted as (
    select
        customer_id,
        cast(extract(hour from local_time) as integer) as hour,
        sum(case when extract(isodow from local_time) = $weekday then 4 else 1 end) as weight,
        count(*) as events
    from heard
    group by customer_id, cast(extract(hour from local_time) as integer)
),
enough as (
    select customer_id, sum(events) as evidence
    from counted
    group by customer_id
    having sum(events) >= $least
),
offsets as (  -- a block of three hours that begins so many before the event's, and what the event gives to it
    select *
    from (values (-4, 1), (-3, 3), (-2, 7), (-1, 8), (0, 7), (1, 3), (2, 1)) as given (away, share)
),
scored as (
    select
        counted.customer_id,
        (counted.hour + offsets.away + 24) % 24 as first_hour,
        sum(counted.weight * offsets.share) as score
    from counted
    cross join offsets
    group by counted.customer_id, (counted.hour + offsets.away + 24) % 24
)
select
    scored.customer_id,
    scored.first_hour as hour,
    scored.score,
    cast(enough.evidence as bigint) as evidence
from scored
join enough on enough.customer_id = scored.customer_id
order by scored.customer_id, scored.score desc, scored.first_hour
