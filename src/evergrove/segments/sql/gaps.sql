-- gaps --
-- How often each gap between two purchase days of a customer occurs in this shop.
--   gap          days
--   occurrences  how many gaps have this length
select gap, cast(count(*) as bigint) as occurrences
from purchase_days
where gap is not null
group by gap
order by gap
