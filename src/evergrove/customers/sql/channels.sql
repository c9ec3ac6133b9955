-- channels --
-- Which channels each customer used in these 365 days, and on how many days.
--   channels     their names, by the alphabet
--   active_days  days with anything on any of them
--   by_channel   JSON object: channel -> days
with
by_channel as (
    select customer_id, channel, count(*) as days
    from activity
    group by customer_id, channel
),
overall as (
    select customer_id, count(distinct day) as active_days
    from activity
    group by customer_id
),
listed as (
    select
        customer_id,
        string_agg(channel, ', ' order by channel) as channels,
        string_agg(
            '"' || replace(replace(channel, '\', '/'), '"', '''') || '": ' || cast(days as varchar),
            ', ' order by channel
        ) as by_channel
    from by_channel
    group by customer_id
)
select overall.customer_id, listed.channels, overall.active_days, '{' || listed.by_channel || '}' as by_channel
from overall
inner join listed on overall.customer_id = listed.customer_id
