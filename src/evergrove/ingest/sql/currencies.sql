-- currencies --
-- The currencies that rows name, the most frequent first.
select currency, cast(count(*) as bigint) as row_count
from ingest_rows
where currency is not null and mark is null
group by currency
order by row_count desc, currency
