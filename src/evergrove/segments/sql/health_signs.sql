-- health_signs --
-- What each customer of customer_summary did and said beside buying, by $observation_end, in the order of customer_id.
--   login_silence           days since the latest visit, login or use of the app; NULL: never seen there
--   interactions            further events of the last $window_days days (opens, clicks, posts and other words)
--   interactions_before     the same in as many days before
--   complaints              tickets opened in the last $window_days days; NULL without any ticket of any customer
--   open_complaints         tickets that were open at the end; NULL likewise
--   nps                     the latest answer of the last 365 days to how likely one is to recommend, 0 to 10
--   refunds_12m             refunds dated within 365 days; NULL where the shop never refunds
with
done as (
    select
        customer_id,
        cast(happened_at as date) as day,
        kind in ('visit', 'login', 'app') as is_login
    from events
    where customer_id is not null and cast(happened_at as date) <= $observation_end
),
acts as (
    select
        customer_id,
        max(case when is_login then day end) as last_login,
        sum(case when not is_login and day > $observation_end - $window_days then 1 else 0 end) as recent,
        sum(
            case
                when not is_login
                    and day <= $observation_end - $window_days
                    and day > $observation_end - 2 * $window_days
                    then 1
                else 0
            end
        ) as previous
    from done
    group by customer_id
),
asked as (
    select
        customer_id,
        sum(case when cast(opened_at as date) > $observation_end - $window_days then 1 else 0 end) as opened,
        sum(case when closed_at is null or cast(closed_at as date) > $observation_end then 1 else 0 end) as still_open
    from tickets
    where cast(opened_at as date) <= $observation_end
    group by customer_id
),
answers as (
    select
        customer_id,
        score,
        row_number() over (partition by customer_id order by answered_at desc, score) as nth
    from surveys
    where kind = 'nps'
        and cast(answered_at as date) <= $observation_end
        and cast(answered_at as date) > $observation_end - 365
),
returned as (
    select customer_id, count(*) as refunds
    from refunds
    where refund_date <= $observation_end and refund_date > $observation_end - 365
    group by customer_id
)
select
    cast(date_diff('day', acts.last_login, $observation_end) as double) as login_silence,
    cast(coalesce(acts.recent, 0) as double) as interactions,
    cast(coalesce(acts.previous, 0) as double) as interactions_before,
    cast(case when $has_tickets then coalesce(asked.opened, 0) end as double) as complaints,
    cast(case when $has_tickets then coalesce(asked.still_open, 0) end as double) as open_complaints,
    cast(answers.score as double) as nps,
    cast(case when $has_refunds then coalesce(returned.refunds, 0) end as double) as refunds_12m
from customer_summary
left join acts on customer_summary.customer_id = acts.customer_id
left join asked on customer_summary.customer_id = asked.customer_id
left join answers on customer_summary.customer_id = answers.customer_id and answers.nth = 1
left join returned on customer_summary.customer_id = returned.customer_id
order by customer_summary.customer_id
