-- account --
-- Where the rows went, and what they add up to: one row per file, verdict, code and class.
-- The amount of a row that adds up others is none.
select
    file,
    verdict,
    coalesce(code, '') as code,
    class,
    cast(count(*) as bigint) as row_count,
    coalesce(cast(sum(case when code in ('ingest.total_row', 'ingest.repeated_header') then 0 else amount end) as decimal(18, 4)), 0) as amount,
    min(case when verdict = 'good' and class in ('purchase', 'refunded') then day end) as first_day,
    max(case when verdict = 'good' and class in ('purchase', 'refunded') then day end) as last_day
from ingest_settled
group by file, verdict, coalesce(code, ''), class
