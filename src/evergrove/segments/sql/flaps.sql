-- flaps --
-- How often somebody changed tier after $after and by $until, and how many of these moves were flaps: back, within
-- $within days, to the tier that the move before had left.
--   transitions  moves on $axis since $within days before $after: older ones are no part of a flap
-- Who is placed for the first time, and whose tier is only named anew, has not moved; whom another policy placed anew has
-- not either, but may go back to where he stood before it.
with
moved as (
    select
        as_of,
        to_,
        cause,
        lag(from_) over (
            partition by customer_id
            order by as_of, run_seq
        ) as left_behind,
        lag(as_of) over (
            partition by customer_id
            order by as_of, run_seq
        ) as moved_before
    from transitions
    where axis = $axis and from_ is not null and to_ is not null and from_ <> to_ and as_of <= $until
)
select
    cast(count(*) as bigint) as moves,
    cast(
        coalesce(
            sum(
                case
                    when to_ = left_behind and date_diff('day', moved_before, as_of) <= $within then 1 else 0
                end
            ),
            0
        ) as bigint
    ) as flaps
from moved
where as_of > $after and cause <> 'policy'
