-- told_verdicts --
-- Events of this import that change nothing, because of what was known or of another event: changed, or duplicate.
select told.file, told.line, known.verdict
from ingest_fact_rows as told
inner join version_verdicts as known
    on known.order_key = told.order_key
    and known.version_at = told.updated
    and known.customer_id = told.customer_id
    and known.order_date = told.day
    and known.amount = case when told.counts then told.amount else 0 end
    and known.status = case
        when not told.counts then 'void'
        when told.foreign_currency is null then 'paid'
        else concat('paid:', told.foreign_currency)
    end
union all
select told.file, told.line, 'duplicate' as verdict
from ingest_fact_rows as told
inner join (select distinct refund_key from fact_refunds where refund_key is not null) as known
    on known.refund_key = told.refund_key
