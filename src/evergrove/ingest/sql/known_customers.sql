-- known_customers --
-- Everybody seen in a good row, customers with cancellations only among them.
select distinct customer_id from ingest_settled where verdict = 'good' and class <> 'other'
