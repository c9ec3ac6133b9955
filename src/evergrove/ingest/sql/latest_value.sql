-- latest_value --
-- A kept column's latest value of each customer that says something.
select customer_id, max_by(text, seen) as latest
from (
    select
        settled.customer_id,
        kept.text,
        concat(coalesce(cast(settled.day as varchar), '0000-00-00'), lpad(cast(settled.file as varchar), 6, '0'), lpad(cast(settled.line as varchar), 12, '0')) as seen
    from ingest_kept as kept
    inner join ingest_settled as settled on settled.file = kept.file and settled.line = kept.line
    where settled.verdict = 'good' and trim(coalesce(kept.text, '')) <> ''
) as values_seen
group by customer_id
