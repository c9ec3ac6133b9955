-- segment_membership --
-- Who is and was in which segment after tonight: earlier_members as the night before left them, and
-- members_tonight(segment, customer_id) as found tonight.
--   asked_segments      segment, version; is_changed: other than the night before; is_held: not asked tonight, so
--                       that everybody stays
--   other_persons       customers who are joined, or taken apart, since then
--   unprofiled_tonight  customers of whom nothing is computed any more
with
standing as (
    select segment, customer_id, entered_on, entry_reason, version
    from earlier_members
    where exited_on is null
)
select segment, customer_id, entered_on, exited_on, entry_reason, exit_reason, version
from earlier_members
where exited_on is not null and exited_on > $kept_since
union all
select
    standing.segment,
    standing.customer_id,
    standing.entered_on,
    case when members_tonight.customer_id is null and not coalesce(asked_segments.is_held, false) then $as_of end
        as exited_on,
    standing.entry_reason,
    case
        when members_tonight.customer_id is not null or coalesce(asked_segments.is_held, false) then null
        when unprofiled_tonight.customer_id is not null then 'consent'
        when coalesce(asked_segments.is_changed, true) then 'definition'
        when other_persons.customer_id is not null then 'identity'
        else 'data'
    end as exit_reason,
    case when members_tonight.customer_id is not null then asked_segments.version else standing.version end as version
from standing
left join asked_segments on asked_segments.segment = standing.segment
left join members_tonight
    on members_tonight.segment = standing.segment and members_tonight.customer_id = standing.customer_id
left join other_persons on other_persons.customer_id = standing.customer_id
left join unprofiled_tonight on unprofiled_tonight.customer_id = standing.customer_id
union all
select
    members_tonight.segment,
    members_tonight.customer_id,
    $as_of as entered_on,
    cast(null as date) as exited_on,
    case
        when asked_segments.is_changed then 'definition'
        when other_persons.customer_id is not null then 'identity'
        else 'data'
    end as entry_reason,
    cast(null as varchar) as exit_reason,
    asked_segments.version
from members_tonight
inner join asked_segments on asked_segments.segment = members_tonight.segment
left join other_persons on other_persons.customer_id = members_tonight.customer_id
left join standing
    on standing.segment = members_tonight.segment and standing.customer_id = members_tonight.customer_id
where standing.customer_id is null
