-- activity --
-- Every day on which a customer did something beside buying, by channel, of the 365 days that end with
-- $observation_end. A channel that is not told follows from what was done.
with
done as (
    select
        customer_id,
        cast(happened_at as date) as day,
        lower(
            coalesce(
                nullif(trim(channel), ''),
                case
                    when kind in ('visit', 'login') then 'web'
                    when kind in ('open', 'click') then 'email'
                    else kind
                end
            )
        ) as channel
    from events
    union all
    select customer_id, cast(opened_at as date), lower(coalesce(nullif(trim(channel), ''), 'service'))
    from tickets
    union all
    select customer_id, cast(answered_at as date), lower(coalesce(nullif(trim(channel), ''), 'survey'))
    from surveys
)
select distinct customer_id, channel, day
from done
where customer_id is not null and day <= $observation_end and day > $observation_end - 365
