-- currencies --
-- The currencies that the rows of each file name.
select file, currency, cast(count(*) as bigint) as row_count
from ingest_rows
where currency is not null and mark is null
group by file, currency
order by file, currency
