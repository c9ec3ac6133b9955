-- fact_known --
-- Customers of whom a good row tells neither an order nor a refund, each once for all imports.
-- $seq: of the import.
select distinct told.customer_id, cast($seq as bigint) as import_seq
from ingest_fact_rows as told
left join fact_known as known on known.customer_id = told.customer_id
where told.order_key is null and told.refund_key is null and known.customer_id is null
