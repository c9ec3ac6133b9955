-- event_verdicts --
-- Rows without an order id that stand in an earlier file too: the same customer, moment and amount, as many
-- times as the earlier file has them. Repeats inside one file are purchases, and kept.
with
numbered as (
    select
        file,
        line,
        customer_id,
        moment,
        amount,
        row_number() over (partition by file, customer_id, moment, amount order by line) as nth
    from ingest_judged
    where code is null and order_id is null
),
seen as (
    select *, min(file) over (partition by customer_id, moment, amount, nth) as first_file
    from numbered
)
select file, line, 'duplicate' as verdict from seen where first_file < file
