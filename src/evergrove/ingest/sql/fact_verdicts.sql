-- fact_verdicts --
-- Rows of this import that change nothing, because of what earlier imports said: changed, or duplicate.
select told.file, told.line, known.verdict
from ingest_fact_rows as told
inner join known_verdicts as known on known.order_key = told.order_key
union all
select told.file, told.line, 'duplicate' as verdict
from ingest_fact_rows as told
inner join (select distinct refund_key from fact_refunds where refund_key is not null) as known
    on known.refund_key = told.refund_key
