-- moves_by_cause --
-- How often somebody moved on $axis after $start and by $end, by cause; who is placed for the first time has not moved.
select cause, cast(count(*) as bigint) as moves
from transitions
where axis = $axis and as_of > $start and as_of <= $end and from_ is not null and cause <> 'initial'
group by cause
order by moves desc, cause
