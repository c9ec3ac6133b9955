-- gap_counts --
-- How often each gap between two purchase days of a customer occurs, shortest first.
select gap, count(*) as occurrences
from purchases
where gap > 0
group by gap
order by gap
