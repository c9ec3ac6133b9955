-- active_hours --
-- At which time of the day each customer is active, over the 365 days that end with $observation_end.
--   hour      circular mean of the events' times, hours since midnight in the shop's zone; NULL with fewer than 10
--             events, or where their times are no more gathered than chance makes them (Rayleigh: n R^2 < 3)
--   strength  R, length of the mean of the directions: 0 all around the clock, 1 always at the same minute
-- A time of exactly midnight is a day without a time. Sums are of decimals, so that no order of rows shows in them.
with
angles as (
    select
        customer_id,
        (extract(hour from happened_at) * 60 + extract(minute from happened_at)) * pi() / 720 as angle
    from events
    where customer_id is not null
        and cast(happened_at as date) <= $observation_end
        and cast(happened_at as date) > $observation_end - 365
        and happened_at <> cast(cast(happened_at as date) as timestamp)
),
summed as (
    select
        customer_id,
        count(*) as events,
        cast(sum(cast(cos(angle) as decimal(18, 12))) as double) / count(*) as x,
        cast(sum(cast(sin(angle) as decimal(18, 12))) as double) / count(*) as y
    from angles
    group by customer_id
),
turned as (
    select
        customer_id,
        events,
        sqrt(x * x + y * y) as strength,
        atan2(y, x) * 12 / pi() as hour
    from summed
    where events >= 10
)
select customer_id, case when hour < 0 then hour + 24 else hour end as hour, strength
from turned
where events * strength * strength >= 3
