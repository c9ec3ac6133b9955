-- gap_counts_until --
-- As gap_counts, of purchases made by $until: the rhythm so far.
select gap, count(*) as occurrences
from purchases
where gap > 0 and order_date <= $until
group by gap
order by gap
