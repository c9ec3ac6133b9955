-- subscription_states --
-- How the subscription of each customer of customer_summary stands at $observation_end, in the order of customer_id.
--   state  0 active, 1 active again (began within $won_back_days, $apart_days or more after all before had ended),
--          2 trial, 3 past due, 4 paused, 5 cancelled but paid for, 6 ended; of several the least; -1 without one, or
--          with an order after the end
-- What is dated later is not seen: a row that was changed later says nothing of being paused or past due by then.
with
known as (
    select
        customer_id,
        status,
        started_on,
        trial_until,
        cancelled_on,
        updated_at is null or cast(updated_at as date) <= $observation_end as is_current,
        coalesce(
            ended_on,
            case when cancelled_on is not null or status = 'cancelled' then coalesce(paid_until, cancelled_on) end
        ) as ends_on
    from subscriptions
    where started_on is null or started_on <= $observation_end
),
judged as (
    select
        customer_id,
        started_on,
        case when ends_on <= $observation_end then ends_on end as ended_on,
        case
            when ends_on <= $observation_end then 6
            when ends_on is null and status in ('cancelled', 'ended') and is_current then 6
            when cancelled_on <= $observation_end then 5
            when cancelled_on is null and ends_on is not null and status = 'cancelled' and is_current then 5
            when status = 'paused' and is_current then 4
            when status = 'past_due' and is_current then 3
            when trial_until > $observation_end or (status = 'trial' and trial_until is null) then 2
            else 0
        end as state
    from known
),
summed as (
    select
        customer_id,
        min(state) as state,
        max(case when state < 6 then started_on end) as began_on,
        min(case when state < 6 then coalesce(started_on, date '1970-01-01') end) as first_of_running,
        max(ended_on) as last_end
    from judged
    group by customer_id
)
select
    cast(
        case
            when summed.state is null then -1
            when summed.state = 6 and customer_summary.last_order_date > summed.last_end then -1
            when summed.state = 0
                and summed.began_on > $observation_end - $won_back_days
                and summed.first_of_running >= summed.last_end + $apart_days
                then 1
            else summed.state
        end as tinyint
    ) as state
from customer_summary
left join summed on customer_summary.customer_id = summed.customer_id
order by customer_summary.customer_id
