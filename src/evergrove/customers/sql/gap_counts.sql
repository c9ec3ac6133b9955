-- gap_counts --
-- How often each gap between two purchase days of a customer occurs, shortest first.
select gap, count(*) as occurrences
from purchase_days
where gap is not null
group by gap
order by gap
